import { dirname, join } from 'node:path'

/** What passes into a seal without being declared: how texts are shown, and what reporters ask for. */
const passed = new Set([
  'CI',
  'COLORTERM',
  'COLUMNS',
  'FLEDGE_ACCELERATOR',
  'FLEDGE_DEBUG',
  'FLEDGE_TIME_FACTOR',
  'FORCE_COLOR',
  'GITHUB_ACTIONS',
  'GITHUB_WORKSPACE',
  'LANG',
  'LANGUAGE',
  'LINES',
  'NO_COLOR',
  'TERM',
  'TZ',
])
const passedBeginnings = [
  'LC_',
  'PLAYWRIGHT_HTML_',
  'PLAYWRIGHT_BLOB_',
  'PLAYWRIGHT_JSON_',
  'PLAYWRIGHT_JUNIT_',
]

/** The home of whoever is in a seal. */
export const sealedHome = '/home/sealed'

/** The size and the colours of the terminal that is outside. */
export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  getColorDepth?(): number
}

/**
 * The environment in a seal: what passes, what was declared, and a `PATH` of programs that are there. The terminal stays
 * outside, so its size and colours are told in the way that Playwright and Node take them.
 */
export function sealEnvironment(
  outside: Readonly<Record<string, string | undefined>>,
  declared: Readonly<Record<string, string>>,
  { folder, screen }: { readonly folder: string; readonly screen: Screen },
): Readonly<Record<string, string>> {
  const kept = Object.entries(outside).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      (passed.has(entry[0]) || passedBeginnings.some((beginning) => entry[0].startsWith(beginning))),
  )
  return {
    ...ofScreen(screen, outside),
    ...Object.fromEntries(kept),
    PATH: [
      join(folder, 'node_modules/.bin'),
      dirname(process.execPath),
      ...['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'],
    ].join(':'),
    HOME: sealedHome,
    TMPDIR: '/tmp',
    ...declared,
  }
}

function ofScreen(
  screen: Screen,
  outside: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const { isTTY = false, columns = 80, rows = 24 } = screen
  if (!isTTY) return {}
  const depth = screen.getColorDepth?.() ?? 1
  const isPlain = Boolean(outside['NO_COLOR']) || depth === 1
  return {
    COLUMNS: `${columns}`,
    LINES: `${rows}`,
    PLAYWRIGHT_FORCE_TTY: `${columns}x${rows}`,
    ...(isPlain ? {} : { FORCE_COLOR: depth >= 24 ? '3' : depth >= 8 ? '2' : '1' }),
  }
}
