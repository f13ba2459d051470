import { styleText } from 'node:util'

import { visibleLine } from '../../util/visible.ts'

import type { RememberedTest } from './judge-piece.ts'
import type { BlobReport } from './read-blob.ts'
import { endsIn, type TestEnd, testsOf } from './blob-events.ts'
import type { VerdictEntry } from './verdict-entry.ts'

/** The style of a reporter of the terminal. */
export type TerminalStyle = 'list' | 'line' | 'dot'

/** How remembered tests look in the style of Playwright's own reporter, project by project: as lines, as dots, or not one by one. */
export function cachedLines(
  entries: readonly VerdictEntry[],
  style: TerminalStyle,
  projects: readonly { readonly name: string }[],
): string {
  const order = new Map(projects.map(({ name }, index) => [name, index]))
  const place = ({ project }: RememberedTest): number => order.get(project) ?? order.size
  const tests = entries.flatMap((entry) => entry.tests).toSorted((a, b) => place(a) - place(b))
  if (style === 'dot')
    return tests
      .map(({ status }) => (status === 'skipped' ? paint('yellow', '°') : paint('green', '·')))
      .join('')
  return style === 'list' ? tests.map((test) => line(test)).join('\n') : ''
}

function line({ project, titles, location, status, durationMs }: RememberedTest): string {
  const name = [...(project === '' ? [] : [`[${project}]`]), location, ...titles.slice(1)].join(' › ')
  const title = visibleLine(name)
  if (status === 'skipped')
    return `  ${paint('green', '-')}  ${paint('cyan', title)} ${paint('dim', '(cached)')}`
  const mark = status === 'passed' ? '✓' : '✘'
  return `  ${paint('green', mark)}  ${title} ${paint('dim', `(${duration(durationMs)}, cached)`)}`
}

/** As Playwright tells it. */
function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)}ms`
  const seconds = milliseconds / 1_000
  if (seconds < 60) return `${seconds.toFixed(1)}s`
  const minutes = seconds / 60
  return minutes < 60 ? `${minutes.toFixed(1)}m` : `${(minutes / 60).toFixed(1)}h`
}

/** How all tests of a run came out, remembered ones among them. */
export function summary(entries: readonly VerdictEntry[], ran: BlobReport | undefined): string {
  const cached = { passed: 0, skipped: 0 }
  for (const { status } of entries.flatMap((entry) => entry.tests))
    cached[status === 'skipped' ? 'skipped' : 'passed'] += 1
  const now = ran ? outcomes(ran) : { failed: 0, flaky: 0, skipped: 0, passed: 0 }
  return `  ${[
    ...count(now.failed, 'failed'),
    ...count(now.flaky, 'flaky'),
    ...count(now.skipped + cached.skipped, 'skipped', cached.skipped),
    ...count(now.passed + cached.passed, 'passed', cached.passed),
  ].join(', ')}`
}

function count(number: number, what: string, remembered = 0): string[] {
  return number === 0 ? [] : [`${number} ${what}${remembered === 0 ? '' : ` (${remembered} cached)`}`]
}

/** Counted as Playwright does: by tests, whatever attempts they needed; what did not run is skipped. */
function outcomes({
  projects,
  events,
}: BlobReport): Record<'failed' | 'flaky' | 'skipped' | 'passed', number> {
  const found = { failed: 0, flaky: 0, skipped: 0, passed: 0 }
  const attempts = new Map<string, TestEnd[]>()
  for (const end of endsIn(events)) {
    if (end.result.status !== 'skipped')
      attempts.set(end.test.testId, [...(attempts.get(end.test.testId) ?? []), end])
  }
  for (const { test } of projects.flatMap(({ suites }) => suites.flatMap((suite) => testsOf(suite)))) {
    const own = attempts.get(test.testId) ?? []
    const well = own.filter((end) => end.result.status === end.test.expectedStatus).length
    if (own.length === 0) found.skipped += 1
    else if (well === 0) found.failed += 1
    else found[well === own.length ? 'passed' : 'flaky'] += 1
  }
  return found
}

function paint(style: 'green' | 'yellow' | 'cyan' | 'dim', text: string): string {
  const { isTTY } = process.stdout
  const isPlain =
    process.env['NO_COLOR'] || process.env['FORCE_COLOR'] === '0' || (!isTTY && !process.env['FORCE_COLOR'])
  return isPlain ? text : styleText(style, text)
}
