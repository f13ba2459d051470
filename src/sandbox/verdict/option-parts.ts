import { type Part, shownPart } from './part.ts'

/**
 * Options of the command line that change nothing of how a test comes out: which tests run, which the parts have anyway, how many at once,
 * and what is told of them.
 */
const harmless = new Set([
  ...[
    '--add-reporter',
    '--fail-on-flaky-tests',
    '--forbid-only',
    '--global-timeout',
    '--grep',
    '-g',
    '--grep-invert',
    '-G',
  ],
  ...[
    '--last-failed',
    '--last-failed-file',
    '--max-failures',
    '-x',
    '--no-deps',
    '--output',
    '--pass-with-no-tests',
  ],
  ...[
    '--project',
    '--quiet',
    '--reporter',
    '--shard',
    '--test-list',
    '--test-list-invert',
    '--verbose',
    '--workers',
    '-j',
  ],
])

/** The parts that options are, as `--retries=2`. One that is not known counts. */
export function optionParts(options: readonly string[]): readonly Part[] {
  const values = new Map<string, string[]>()
  for (const option of options) {
    const [, name = option, value = ''] = /^(--[^=]+|-[^-])=?(.*)$/s.exec(option) ?? []
    if (!harmless.has(name)) values.set(name, [...(values.get(name) ?? []), value])
  }
  return [...values].map(([name, all]) => shownPart('option', name, all.join(' ')))
}

/** Variables that pass into a seal without being declared, and that programs behave by. */
const language = /^(?:TZ|LANG|LANGUAGE|LC_[A-Z]+)$/

/** What tests see of the environment: what is declared, and the language and the time zone. */
export function seenEnvironment(
  sealed: Readonly<Record<string, string>>,
  declared: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(Object.entries(sealed).filter(([name]) => language.test(name))),
    ...declared,
  }
}
