import { expect, test } from '@playwright/test'

import { Machine } from '../../../src/machine/machine.ts'
import { complete } from '../../../src/interactive/complete.ts'
import { verbs } from '../../../src/interactive/verbs.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

/** It has what a machine has, without one that runs. */
const vm: unknown = Object.create(Machine.prototype, {
  name: { value: 'web' },
  clock: { value: { read() {} } },
})
const reset = { name: 'reset', signature: 'reset()', summary: 'Starts anew.' }

function words(line: string): readonly string[] {
  return complete(line, { vm, text: 'x', own: { a: { bee: 1 } } }, { reset }).words
}

test('every verb has a signature and a sentence', () => {
  const methods = Object.getOwnPropertyNames(Machine.prototype).filter((name) => name !== 'constructor')
  expect(methods.length).toBeGreaterThan(50)
  for (const name of methods) {
    const verb = verbs().get(name)
    expect.soft(verb?.signature, name).toMatch(/^[$\w]+(?:<[^(]+)?\(.*\): ./)
    expect.soft(verb?.summary, name).toMatch(/^[A-Z`].*\S$/)
  }
  expect(verbs().get('waitForUnit')).toEqual({
    name: 'waitForUnit',
    signature: 'waitForUnit(unit: string, options?: UnitOptions): Promise<void>',
    summary:
      'Waits until a systemd unit is active, or is a oneshot that has run to a good end; 5 minutes at the most.',
  })
  for (const name of ['clock', 'clock.read', 'clock.set', 'mouse.click'])
    expect(verbs().has(name), name).toBe(true)
})

test('complete() finds names, and what something has', () => {
  expect(words('vm.waitForU')).toEqual(['waitForUnit'])
  expect(words('const a = await vm.waitForC')).toEqual(['waitForClosedPort', 'waitForConsoleText'])
  expect(words('vm?.waitForU')).toEqual(['waitForUnit'])
  expect(words('vm.clock.')).toEqual(['read'])
  expect(words('res')).toEqual(['reset'])
  expect(words('')).toEqual(['reset', 'own', 'text', 'vm'])
  expect(words('own.a.')).toEqual(['bee'])
  expect(words('text.starts')).toEqual(['startsWith'])
  expect(words('Math.ma')).toEqual(['max'])
  expect(words('awa')).toEqual(['await'])
  expect(words('nothing.')).toEqual([])
  expect(words('f().')).toEqual([])
})

test('complete() calls nothing', () => {
  const trap = Object.defineProperty({}, 'now', {
    get() {
      throw new Error('It was called')
    },
  })
  expect(complete('trap.now.x', { trap }, {}).words).toEqual([])
  expect(complete('trap.n', { trap }, {}).words).toEqual(['now'])
})

test('complete() tells of verbs and functions', () => {
  const { about } = complete('vm.s', { vm }, {})
  expect(about('succeed')?.summary).toBe('Runs a command that has to end with exit code 0.')
  expect(complete('vm.clock.r', { vm }, {}).about('read')?.signature).toContain('read(')
  expect(complete('r', { vm }, { reset }).about('reset')).toEqual(reset)
})

checkLeaks()
