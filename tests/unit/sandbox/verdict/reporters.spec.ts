import { expect, test } from '@playwright/test'

import { optionParts, seenEnvironment } from '../../../../src/sandbox/verdict/option-parts.ts'
import { placed, splitReporters } from '../../../../src/sandbox/verdict/reporters.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'

const file = { outputFile: 'report.json' }

for (const { given, env = {}, live, whole, style } of [
  { given: [['list']], live: ['list'], whole: [], style: 'list' },
  { given: [['html'], ['dot']], live: ['dot'], whole: ['html'], style: 'dot' },
  // Playwright adds a reporter where none prints.
  { given: [['html']], live: ['line'], whole: ['html'], style: 'line' },
  { given: [['html']], env: { CI: '1' }, live: ['dot'], whole: ['html'], style: 'dot' },
  { given: [['json', file]], live: ['line'], whole: ['json'], style: 'line' },
  {
    given: [['junit']],
    env: { PLAYWRIGHT_JUNIT_OUTPUT_NAME: 'x.xml' },
    live: ['line'],
    whole: ['junit'],
    style: 'line',
  },
  // What writes to standard output has it for itself.
  { given: [['json']], live: [], whole: ['json'], style: 'none' },
  { given: [['/own.js'], ['html']], live: [], whole: ['/own.js', 'html'], style: 'none' },
  { given: [['null'], ['html']], live: ['null'], whole: ['html'], style: 'none' },
] as const) {
  test(`of ${JSON.stringify(given)} with ${JSON.stringify(env)}, "${live.join()}" tell of what runs`, () => {
    const split = splitReporters(given, env)
    expect(split.live.map(([name]) => name)).toEqual(live)
    expect(split.whole.map(([name]) => name)).toEqual(whole)
    expect(split.style).toBe(style)
  })
}

test('a report is put where the configuration is, unless its own options say where', () => {
  expect(placed(['html'], '/project')).toEqual(['html', { outputFolder: '/project/playwright-report' }])
  expect(placed(['html', { outputFolder: '/other', open: 'never' }], '/project')).toEqual([
    'html',
    { outputFolder: '/other', open: 'never' },
  ])
  expect(placed(['blob'], '/project', '2/10')).toEqual([
    'blob',
    { outputDir: '/project/blob-report', fileName: 'report-02.zip' },
  ])
  expect(placed(['json', file], '/project')).toEqual(['json', file])
})

function names(...options: readonly string[]): readonly string[] {
  return optionParts(options).map(({ name, shown }) => `${name} ${shown}`)
}

test('an option counts unless it is known to change nothing', () => {
  expect(names('--retries=2', '--timeout=5', '--new-option', '--image=a,b')).toEqual([
    '--retries 2',
    '--timeout 5',
    '--new-option ',
    '--image a,b',
  ])
  expect(
    names('--workers=2', '-j4', '-j=4', '-g=a b', '-x', '--reporter=html', '--project=a b', '--shard=1/2'),
  ).toEqual([])
})

test('of the environment count what is declared, the language and the time zone', () => {
  const sealed = { CI: '1', LANG: 'C', LC_ALL: 'C', TZ: 'UTC', TERM: 'dumb', COLUMNS: '80', PATH: '/bin' }
  expect(seenEnvironment(sealed, { CI: '1' })).toEqual({ CI: '1', LANG: 'C', LC_ALL: 'C', TZ: 'UTC' })
})

checkLeaks()
