import { join } from 'node:path'

/** A reporter by its name or the path of its module, with its options, as a configuration has it. */
export type ReporterDescription = readonly [name: string, options?: unknown]

/** The reporters of a run, by when they are told of it. */
export interface SplitReporters {
  /** They print to the terminal as tests run, of what runs. */
  readonly live: readonly ReporterDescription[]
  /** They are given the whole at the end, with what is remembered. */
  readonly whole: readonly ReporterDescription[]
  /** How remembered tests are told in the terminal. */
  readonly style: 'list' | 'line' | 'dot' | 'none'
}

const liveNames = new Set(['list', 'line', 'dot', 'null', 'failures'])
/** Playwright's own that print nothing. */
const silent = new Set(['html', 'blob', 'github', 'perfetto', 'coverage'])

/** Tells apart the reporters of a run. Where none prints, Playwright adds one, as it does without a seal. */
export function splitReporters(
  all: readonly ReporterDescription[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): SplitReporters {
  const live = all.filter(([name]) => liveNames.has(name))
  const whole = all.filter(([name]) => !liveNames.has(name))
  const styles = new Set(live.map(([name]) => name))
  const style = (['list', 'dot', 'line'] as const).find((name) => styles.has(name))
  if (style !== undefined) return { live, whole, style }
  const isPrinting = whole.some((each) => printsTo(each, env))
  if (live.length > 0 || isPrinting) return { live, whole, style: 'none' }
  const added = env['CI'] ? 'dot' : 'line'
  return { live: [[added]], whole, style: added }
}

/** Whether a reporter writes to standard output; those of others may. */
function printsTo(
  [name, options]: ReporterDescription,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (silent.has(name)) return false
  if (name !== 'json' && name !== 'junit') return true
  const isTold = ['FILE', 'NAME'].some((end) => env[`PLAYWRIGHT_${name.toUpperCase()}_OUTPUT_${end}`])
  return !isTold && !(options as { outputFile?: unknown } | undefined)?.outputFile
}

/** Where reporters write that are not told, from the folder of the configuration. */
const places: Readonly<
  Record<string, { readonly option: string; readonly folder: string; readonly variables: readonly string[] }>
> = {
  html: {
    option: 'outputFolder',
    folder: 'playwright-report',
    variables: ['PLAYWRIGHT_HTML_OUTPUT_DIR', 'PLAYWRIGHT_HTML_REPORT'],
  },
  blob: {
    option: 'outputDir',
    folder: 'blob-report',
    variables: ['PLAYWRIGHT_BLOB_OUTPUT_DIR', 'PLAYWRIGHT_BLOB_OUTPUT_FILE'],
  },
}

/** A reporter that writes where it would for the configuration in a folder. */
export function placed(reporter: ReporterDescription, folder: string, shard?: string): ReporterDescription {
  const [name, options] = reporter
  const place = places[name]
  if (!place) return reporter
  const number = /^(\d+)\/(\d+)$/.exec(shard ?? '')
  const part =
    name === 'blob' && number
      ? { fileName: `report-${number[1]?.padStart(number[2]?.length ?? 0, '0')}.zip` }
      : {}
  const isTold = place.variables.some((variable) => process.env[variable])
  return [
    name,
    {
      ...(isTold ? {} : { [place.option]: join(folder, place.folder) }),
      ...part,
      ...(options as object | undefined),
    },
  ]
}
