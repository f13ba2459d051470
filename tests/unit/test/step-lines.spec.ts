import { setTimeout as sleep } from 'node:timers/promises'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { Secrets } from '../../../src/test/secrets.ts'
import { stepLines, treeLines } from '../../../src/test/step-lines.ts'
import { StepLog, type Step } from '../../../src/test/step-log.ts'
import { verbOutcome } from '../../../src/test/verb-outcome.ts'

const secrets = new Secrets()

/** A log of a subtest with two verbs, and a verb after it. */
async function logged(): Promise<StepLog> {
  const log = new StepLog()
  const verb = (title: string, result: object): Promise<void> =>
    log.run(
      { machine: 'a', title, text: title },
      async () => {},
      (step) => {
        step.outcome = verbOutcome(secrets, {
          result: { timedOut: false, stdout: '', stderr: '', ...result },
        })
      },
    )
  await log.run({ title: 'the service', text: 'the service' }, async () => {
    await verb('succeed: first', { exitCode: 0, stdout: 'one\ntwo\n' })
    await verb('execute: second', { exitCode: 3, stderr: 'why\u001B[2J\n' })
  })
  const failing = log.run({ machine: 'a', title: 'succeed: third', text: 'third' }, () =>
    Promise.reject(new Error('no')),
  )
  await expect(failing).rejects.toThrow('no')
  return log
}

const withoutTimes = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replaceAll(/\d+ ms/g, '# ms'))

test('treeLines() gives the steps as a tree', async () => {
  const { steps } = await logged()
  expect(withoutTimes(treeLines(steps))).toEqual([
    '  ✓ the service  (# ms)',
    '    ✓ succeed: first  (exit code 0, # ms)',
    '    ✓ execute: second  (exit code 3, # ms)',
    '  ✗ succeed: third  (# ms)',
  ])
})

test('treeLines() leaves out the beginning of a long test', async () => {
  const log = new StepLog()
  for (let count = 0; count < 30; count++) {
    await log.run({ machine: 'a', title: `step ${count}`, text: '' }, async () => {})
  }
  const lines = treeLines(log.steps)
  expect(lines).toHaveLength(26)
  expect(lines[0]).toBe('  … 5 earlier steps')
  expect(lines.at(-1)).toContain('step 29')
})

test('stepLines() shows the end of the output, and nothing that a terminal would obey', async () => {
  const { steps } = await logged()
  const [, first, second] = steps as [Step, Step, Step]
  expect(withoutTimes(stepLines(first, { withOutput: true }))).toEqual([
    '    ✓ succeed: first  (exit code 0, # ms)',
    '        stdout: one',
    '        stdout: two',
  ])
  expect(stepLines(second, { withOutput: true })[1]).toBe(String.raw`        stderr: why\x1b[2J`)
})

test('stepLines() shows only the last lines of a failed step without being asked', async () => {
  const log = new StepLog()
  const stdout = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n')
  await log
    .run(
      { machine: 'a', title: 'x', text: 'x' },
      () => Promise.reject(new Error('no')),
      (step) => {
        step.outcome = verbOutcome(secrets, { error: { exitCode: 1, timedOut: false, stdout, stderr: '' } })
      },
    )
    .catch(() => {})
  const [, ...output] = stepLines(log.steps[0] as Step, { withOutput: false })
  expect(output.map((line) => line.trim())).toEqual(
    [95, 96, 97, 98, 99].map((number) => `stdout: line ${number}`),
  )
})

test('StepLog keeps steps that run at once under the one that began them', async () => {
  const log = new StepLog()
  const verb = (title: string): Promise<void> => log.run({ machine: 'a', title, text: '' }, () => sleep(5))
  const subtest = (title: string): Promise<void> =>
    log.run({ title, text: '' }, async () => {
      await Promise.all([verb(`${title}.1`), verb(`${title}.2`)])
    })
  await Promise.all([subtest('a'), subtest('b'), verb('c')])
  const tree = log.steps.map(({ title, parent }) => [title, parent?.title])
  expect(Object.fromEntries(tree)).toEqual({
    a: undefined,
    'a.1': 'a',
    'a.2': 'a',
    b: undefined,
    'b.1': 'b',
    'b.2': 'b',
    c: undefined,
  })
})

test('verbOutcome() keeps the end of long output from a whole line on, and no part of a secret', () => {
  const own = new Secrets()
  own.learn({ TOKEN: 'hunter22' })
  const stdout = `${'hunter22 and so on\n'.repeat(3_000)}the end\n`
  const outcome = verbOutcome(own, { result: { exitCode: 0, timedOut: false, stdout, stderr: '' } })
  expect(outcome.stdout.length).toBeLessThan(17_000)
  expect(outcome.stdout).toMatch(/^\[…\]\n•••••• and so on\n/)
  expect(outcome.stdout).toMatch(/\nthe end\n$/)
  expect(outcome.stdout).not.toContain('unter')
  expect(outcome.ending).toBe('exit code 0')
})

test('verbOutcome() tells signals, limits and errors', () => {
  const rest = { stdout: '', stderr: '' }
  expect(verbOutcome(secrets, { result: { ...rest, signal: 'SIGKILL', timedOut: false } }).ending).toBe(
    'SIGKILL',
  )
  expect(verbOutcome(secrets, { error: { ...rest, timedOut: true } }).ending).toBe('cut off at its limit')
  expect(verbOutcome(secrets, { error: new Error('one\ntwo') })).toEqual({ ...rest, error: 'one' })
  expect(verbOutcome(secrets, { result: Buffer.from('picture') })).toEqual(rest)
})

checkLeaks()
