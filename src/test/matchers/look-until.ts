import { setTimeout as sleep } from 'node:timers/promises'

import { FledgeError, quietly, type CallOptions, type Machine } from '../../index.ts'
import { visible } from '../../interactive/visible.ts'
import { checkOptions, type OptionChecks } from './checks.ts'

/** What Playwright tells a matcher, and takes of it. */
export interface MatcherState {
  readonly isNot: boolean
}

export interface MatcherResult {
  readonly pass: boolean
  readonly name: string
  readonly expected: unknown
  readonly actual: unknown
  readonly message: () => string
}

/** What one look has seen. */
export interface Sight {
  readonly pass: boolean
  /** In a few lines, for a person. */
  readonly got: string
}

/** What a matcher looks for, and where a person would look on. */
export interface Search<Options extends CallOptions> {
  readonly matcher: string
  /** What it is about, as `nginx.service`. */
  readonly subject: string
  readonly wanted: string
  readonly options: Options
  readonly checks: OptionChecks<Options>
  readonly look: (bounds: Required<Pick<CallOptions, 'timeoutMs'>> & CallOptions) => Promise<Sight>
  /** A command whose output tells more, where there is one; run when the matcher fails. */
  readonly lookAt?: string
}

/** Under KVM, in milliseconds; ten times that when emulated. */
const defaultTimeoutMs = 5_000
const firstPauseMs = 20
const longestPauseMs = 1_000
/** What the last command, which tells more, may take under KVM. */
const moreMs = 2_000
const moreLines = 15

/** Looks again and again until what is seen is what is wanted, or the time is over. None of it is a step of the test. */
export async function lookUntil<Options extends CallOptions>(
  { isNot }: MatcherState,
  vm: Machine,
  search: Search<Options>,
): Promise<MatcherResult> {
  const { matcher, subject, wanted, options, checks } = search
  checkOptions(matcher, options, checks)
  return quietly(async () => {
    const { timeoutMs = defaultTimeoutMs * vm.timeFactor } = options
    const start = performance.now()
    const sight = await repeat(search, isNot, start + timeoutMs)
    const failed = sight.pass === isNot
    const { lookAt } = search
    const more = failed && lookAt !== undefined ? [`Look at: ${lookAt}${await tellMore(vm, lookAt)}`] : []
    const waited = `${Math.round(performance.now() - start)} ms`
    const message = (): string =>
      visible(
        [
          `expect(vm)${isNot ? '.not' : ''}.${matcher}(${JSON.stringify(subject)})`,
          '',
          `Machine: ${vm.name}`,
          `Wanted:  ${isNot ? 'not ' : ''}${indented(wanted)}`,
          `Got:     ${indented(sight.got)}`,
          `Waited:  ${waited}`,
          ...more,
        ].join('\n'),
      )
    return { pass: sight.pass, name: matcher, expected: wanted, actual: sight.got, message }
  })
}

async function repeat(
  { look, options: { signal } }: Pick<Search<CallOptions>, 'look' | 'options'>,
  isNot: boolean,
  until: number,
): Promise<Sight> {
  // What cannot be seen is neither there nor gone.
  let last: Sight = { pass: isNot, got: 'nothing: the first look did not end' }
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    const leftMs = until - performance.now()
    try {
      last = await look({ timeoutMs: Math.max(0, leftMs), ...(signal ? { signal } : {}) })
    } catch (error) {
      if (!(error instanceof FledgeError) || error.code !== 'ERR_FLEDGE_TIMEOUT') throw error
      // A timer may be early by a part of a millisecond.
      if (performance.now() < until - 50) throw error
      return last
    }
    if (last.pass !== isNot || performance.now() + pauseMs > until) return last
    await sleep(pauseMs, undefined, signal ? { signal } : {})
  }
}

async function tellMore(vm: Machine, command: string): Promise<string> {
  const timeoutMs = moreMs * vm.timeFactor
  // The failure is that of the matcher, whether there is more to tell or not.
  const said = await vm.execute(command, { timeoutMs }).then(
    ({ stdout, stderr }) => `${stdout}${stderr}`.trimEnd(),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  const lines = said.split('\n').slice(-moreLines)
  return said === '' ? '' : `\n${lines.map((line) => `  ${line}`).join('\n')}`
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n         ')
}
