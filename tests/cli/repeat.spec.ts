import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { testProject } from './test-project.ts'

const spec = `
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'

/** Counts up on the disk, as each failure has a worker of its own. */
function turn() {
  const before = existsSync('turns') ? readFileSync('turns', 'utf8').length : 0
  appendFileSync('turns', 'x')
  return before
}

test.afterEach(({}, { title, repeatEachIndex }) => appendFileSync('order', title + ' ' + repeatEachIndex + '\\n'))
test.describe('group', () => {
  test('every second time', () => expect(turn() % 2).toBe(0))
})
test('always', () => {})
test('never', () => expect(1).toBe(2))
test.skip('not at all', () => {})
test('as it has to', () => { test.fail(); expect(1).toBe(2) })
`

const files = {
  'a.spec.js': spec,
  'playwright.config.js': `export default { fullyParallel: true, workers: 1, projects: [{ name: 'one' }] }`,
}

function args(seed: string): readonly string[] {
  return ['--repeat', '4', '--shuffle', '--seed', seed, '-G', 'never', '--reporter', 'dot']
}

test('--repeat names the tests whose verdict is not always the same, and the seed repeats their order', async () => {
  await using project = await testProject(files)
  const { exitCode, output } = await project.run(...args('some-word'))
  expect(output).toContain(`fledge: the verdict of 1 test is not stable (4 runs each, --seed some-word)
  [one] › a.spec.js:14 › group › every second time: passed 2 of 4
  the same order again: fledge test --repeat 4 --shuffle --seed some-word
`)
  expect(exitCode).toBe(1)
  const order = await readFile(join(project.folder, 'order'), 'utf8')
  await project.run(...args('some-word'))
  const both = await readFile(join(project.folder, 'order'), 'utf8')
  expect(order.split('\n')).toHaveLength(3 * 4 + 1)
  expect(both).toBe(order + order)
  await project.run(...args('another'))
  expect(await readFile(join(project.folder, 'order'), 'utf8')).not.toBe(both + order)
})

test('--repeat says so when all verdicts are stable, beside reports of any kind', async () => {
  await using project = await testProject(files)
  const run = await project.run('--repeat', '3', '-g', 'always|as it has to|not at all', '--reporter', 'json')
  expect(run.output).toContain('fledge: all verdicts are stable (3 runs each): 2 passed\n')
  expect(run.exitCode).toBe(0)
  expect(run.results.get('always')).toHaveLength(3)
})

test('a test that passes at its second attempt is not stable, and one that always fails is', async () => {
  await using project = await testProject(files)
  const retried = await project.run('--repeat', '2', '--retries', '1', '-g', 'second', '--reporter', 'dot')
  expect(retried.output).toContain('not stable (2 runs each)\n')
  const failed = await project.run('--repeat', '2', '--shuffle', '-g', 'never', '--reporter', 'dot')
  expect(failed.output).toMatch(/fledge: all verdicts are stable \(2 runs each, --seed (\d+)\): 1 failed\n/)
  expect(failed.output).toMatch(/the same order again: fledge test --repeat 2 --shuffle --seed \d+\n/)
  expect(failed.exitCode).toBe(1)
})

checkLeaks()
