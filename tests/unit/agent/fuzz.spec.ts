import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { whyNotHere } from './running-agent.ts'

const skip = whyNotHere()
test.skip(skip !== undefined, skip)

const agent = new URL('../../../agent', import.meta.url).pathname

function fuzz(target: string, runs: number): { said: string; status: number | null } {
  const args = ['--no-print-directory', '-C', agent, target, `RUNS=${runs}`, `SEED=${process.pid}`]
  const { status, stdout, stderr } = spawnSync('make', args, { encoding: 'utf8' })
  return { said: `${stdout}${stderr}`, status }
}

test('the agent answers every request once, closes all, and survives mutated input under sanitizers', () => {
  const inputs = readdirSync(`${agent}/fuzz/corpus`).length
  const { said, status } = fuzz('fuzz', 20_000)
  expect(said).toContain(`20000 rounds of ${inputs} inputs, seed ${process.pid}`)
  expect(status, said).toBe(0)
})

test('the agent survives what libFuzzer finds by looking where its inputs lead', () => {
  test.skip(process.env['FLEDGE_TEST_ALL'] !== '1', 'it needs clang, which "make test-all" installs')
  test.setTimeout(600_000)
  const { said, status } = fuzz('libfuzzer', 200_000)
  expect(said).toContain('Done 200000 runs')
  expect(status, said).toBe(0)
})

checkLeaks()
