import { CommandError, type CallOptions, type CommandOutcome, type Machine } from '../../index.ts'
import { checkValue, text, callChecks } from './checks.ts'
import { lookUntil, type MatcherResult, type MatcherState } from './look-until.ts'
import { shown, wantedText, type Wanted } from './texts.ts'

/** Whose messages are looked at. */
export interface LogExpectation extends CallOptions {
  /** Default: all of the journal. */
  readonly unit?: string
}

const shownLines = 5

/** That a line of the journal of this boot has a text in it, or matches an expression. */
export async function toHaveLogged(
  this: MatcherState,
  vm: Machine,
  pattern: Wanted,
  options: LogExpectation = {},
): Promise<MatcherResult> {
  checkValue('toHaveLogged', 'pattern', pattern, wantedText)
  const { unit } = options
  const selection = unit === undefined ? [] : [`--unit=${unit}`]
  let cursor: string | undefined
  let last: readonly string[] = []
  let found: string | undefined
  return lookUntil(this, vm, {
    matcher: 'toHaveLogged',
    subject: String(pattern),
    wanted: `a line with ${shown(pattern)}${unit === undefined ? '' : ` of ${unit}`}`,
    options,
    checks: { ...callChecks, unit: text },
    look: async (bounds) => {
      // Only what is new is read: a journal may be long.
      const since = cursor === undefined ? '--boot' : `--after-cursor=${cursor}`
      const args = ['--no-pager', '--quiet', '--output=cat', '--show-cursor', since, ...selection]
      const { stdout } = await vm.succeed(['journalctl', ...args], bounds).catch(orNothing)
      const [, lines = '', next] = /^(.*?)(?:-- cursor: (.*)\n)?$/s.exec(stdout) ?? []
      cursor = next ?? cursor
      const fresh = lines.split('\n').filter((line) => line !== '')
      last = [...last, ...fresh.slice(-shownLines)].slice(-shownLines)
      found ??= fresh.find((line) =>
        typeof pattern === 'string' ? line.includes(pattern) : line.search(pattern) >= 0,
      )
      return { pass: found !== undefined, got: found ?? ['none; the last ones are', ...last].join('\n') }
    },
    lookAt: ['journalctl --boot --no-pager --lines=10', ...selection].join(' '),
  })
}

/** The journalctl of systemd 252 fails, without a word, where there is nothing that has a cursor. */
function orNothing(error: unknown): Pick<CommandOutcome, 'stdout'> {
  if (error instanceof CommandError && error.exitCode === 1 && `${error.stdout}${error.stderr}` === '')
    return error
  throw error
}
