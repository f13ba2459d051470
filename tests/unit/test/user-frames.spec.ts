import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { locationOf, onlyUserFrames, userFrames } from '../../../src/test/user-frames.ts'

test('onlyUserFrames() leaves out what is not a frame, and the frames of Node and of fledge', () => {
  const stack = `Error: no
    at VerbSteps.around (/app/node_modules/fledge/dist/test/verb-steps.js:30:1)
    at async Machine.succeed (file:///app/node_modules/fledge/dist/machine/machine.js:3:4)
    at node:internal/process/task_queues:105:5
    at install (/app/tests/my helper.ts:7:9)
    at /app/tests/one.spec.ts:9:12`
  const frames = onlyUserFrames(stack, '/app/node_modules/fledge/dist/')
  expect(frames.map(locationOf)).toEqual([
    { file: '/app/tests/my helper.ts', line: 7, column: 9 },
    { file: '/app/tests/one.spec.ts', line: 9, column: 12 },
  ])
})

test('locationOf() reads file URLs and asynchronous frames', () => {
  expect(locationOf('    at async file:///a%20b/c.ts:1:2')).toEqual({ file: '/a b/c.ts', line: 1, column: 2 })
  expect(locationOf('    at async Promise.all (index 0)')).toBeUndefined()
})

test('userFrames() begins with the caller and restores the limit of stacks', () => {
  const { stackTraceLimit } = Error
  expect(locationOf(userFrames()[0] ?? '')?.file).toBe(import.meta.filename)
  expect(Error.stackTraceLimit).toBe(stackTraceLimit)
})

checkLeaks()
