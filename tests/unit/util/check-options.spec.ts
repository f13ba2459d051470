import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { checkOptions, oneOf, suggest, text, wholeNumber } from '../../../src/util/check-options.ts'

const checks = { memoryMiB: wholeNumber(256, 1024), network: oneOf('none', 'user'), name: text }

test('checkOptions() takes what its checks want, and what is not there', () => {
  checkOptions('launch', { memoryMiB: 256, network: 'user', name: undefined }, checks)
  checkOptions('launch', {}, checks)
})

for (const [options, message] of [
  [{ memoryMiB: 255 }, 'memoryMiB 255 of launch: it must be a whole number from 256 to 1024'],
  [{ memoryMiB: 1025 }, 'memoryMiB 1025 of'],
  [{ memoryMiB: 300.5 }, 'memoryMiB 300.5 of'],
  [{ memoryMiB: '300' }, 'memoryMiB "300" of'],
  [{ memoryMiB: Number.NaN }, 'memoryMiB NaN of'],
  [{ memoryMiB: 300n }, 'memoryMiB 300n of'],
  [{ memoryMiB: null }, 'memoryMiB null of'],
  [{ network: 'nat' }, 'network "nat" of launch: it must be "none" or "user"'],
  [{ network: ['user'] }, "network [ 'user' ] of"],
  [{ name: '' }, 'name "" of launch: it must be a text that is not empty'],
  [{ name: 'a\0b' }, 'of launch: it must be a text'],
  [{ name: Symbol('x') }, 'name Symbol(x) of'],
  [null, 'Cannot use null as options of launch: it must be an object'],
  [[], 'Cannot use [] as options of launch'],
  ['x', 'Cannot use "x" as options of launch'],
] as const) {
  test(`checkOptions() refuses: ${message}`, () => {
    expect(() => checkOptions('launch', options, checks)).toThrow(
      expect.objectContaining({ code: 'ERR_FLEDGE_OPTION', message: expect.stringContaining(message) }),
    )
  })
}

test('checkOptions() shows even what refers to itself', () => {
  const loop: { self?: unknown } = {}
  loop.self = loop
  expect(() => checkOptions('launch', { memoryMiB: loop }, checks)).toThrow('Circular')
})

for (const [key, hint] of [
  ['memoryMib', 'Did you mean "memoryMiB"?'],
  ['nam', 'Did you mean "name"?'],
  ['constructor', 'There are: memoryMiB, network, name'],
  ['toString', 'There are: memoryMiB, network, name'],
] as const) {
  test(`checkOptions() refuses the option "${key}", and says which there are`, () => {
    expect(() => checkOptions('launch', { [key]: 1 }, checks)).toThrow(
      expect.objectContaining({ code: 'ERR_FLEDGE_OPTION', hint }),
    )
  })
}

test('suggest() names the nearest first, three at the most', () => {
  expect(suggest('succed', ['fail', 'succeeds', 'succeed'])).toBe('Did you mean "succeed" or "succeeds"?')
  expect(suggest('aa', ['ab', 'ac', 'ad', 'ae'])).toBe('Did you mean "ab" or "ac" or "ad"?')
})

checkLeaks()
