import { spawnSync } from 'node:child_process'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { whyNotHere } from './running-agent.ts'

const skip = whyNotHere()
test.skip(skip !== undefined, skip)

test('the agent’s parser survives mutated input under sanitizers', () => {
  const agent = new URL('../../../agent', import.meta.url).pathname
  const { status, stdout, stderr } = spawnSync('make', [
    '-C',
    agent,
    'fuzz',
    'RUNS=20000',
    `SEED=${process.pid}`,
  ])
  expect(stderr.toString()).toBe('')
  expect(stdout.toString()).toContain(`20000 rounds of 6 inputs, seed ${process.pid}`)
  expect(status).toBe(0)
})

checkLeaks()
