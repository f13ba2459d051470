import { expect, test } from '@playwright/test'
import * as fc from 'fast-check'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { stepTitle } from '../../../src/test/step-title.ts'

test('stepTitle() names the verb and what it was asked', () => {
  expect(stepTitle({ verb: 'waitForUnit', detail: 'multi-user.target' })).toBe(
    'waitForUnit: multi-user.target',
  )
  expect(stepTitle({ verb: 'screenshot', detail: '' })).toBe('screenshot')
})

test('stepTitle() makes control characters visible', () => {
  expect(stepTitle({ verb: 'succeed', detail: 'a\nb\tc\u001B[31m\u2028d' })).toBe(
    String.raw`succeed: a\nb\tc\x1b[31m\u2028d`,
  )
})

test('stepTitle() shortens between characters', () => {
  const title = stepTitle({ verb: 'succeed', detail: '😀'.repeat(500) })
  expect(title).toBe(`succeed: ${'😀'.repeat(99)}…`)
})

test('stepTitle() is one short line, whatever the command', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (detail) => {
      const title = stepTitle({ verb: 'succeed', detail })
      expect(title).toMatch(/^[^\p{Cc}\u2028\u2029]*$/u)
      expect(Array.from(title).length).toBeLessThanOrEqual('succeed: '.length + 100)
    }),
  )
})

checkLeaks()
