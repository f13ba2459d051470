import { execFileSync } from 'node:child_process'

import { expect, test } from '@playwright/test'

import { clockScript } from '../../../../src/channel/ssh/clock-script.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'

/** Runs the script on a system with a `date` that sets nothing, and refuses what it is told to. */
function run(time: Date | number, refused: string, system = 'Linux'): string {
  const date = `uname() { echo ${system}; }
date() { case "\${3:-}" in ${refused}) return 1 ;; esac; echo "$*"; }`
  return execFileSync('/bin/sh', ['-euc', `${date}\n${clockScript(time)}`], { encoding: 'utf8' })
}

test('clockScript() sets milliseconds, and whole seconds where date knows no parts of one', () => {
  expect(run(new Date(1_500_000_000_250), 'none')).toBe('-u -s @1500000000.250\n')
  expect(run(1_500_000_000_750, '*.*')).toBe('-u -s @1500000001\n')
})

test('clockScript() sets whole seconds as the BSDs take them', () => {
  expect(run(1_500_000_000_250, 'none', 'OpenBSD')).toBe('-u 201707140240.00\n')
})

checkLeaks()
