import { expect, test } from '@playwright/test'

import { timeLeftMs } from '../../../src/test/time-left.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

test('timeLeftMs() knows the clock of this Playwright, and what moves it', async () => {
  test.setTimeout(30_000)
  expect(timeLeftMs(test.info())).toBeGreaterThan(25_000)
  expect(timeLeftMs(test.info())).toBeLessThanOrEqual(29_000)
  test.setTimeout(100_000)
  expect(timeLeftMs(test.info())).toBeGreaterThan(90_000)
  test.setTimeout(0)
  expect(timeLeftMs(test.info())).toBeUndefined()
})

test('timeLeftMs() gives no limit where the clock is another one', () => {
  expect(timeLeftMs({ timeout: 1_000 } as ReturnType<typeof test.info>)).toBeUndefined()
})

test('timeLeftMs() does not mind that the clock of the host is set', () => {
  test.setTimeout(30_000)
  const before = timeLeftMs(test.info()) ?? 0
  const { now } = Date
  try {
    for (const hours of [5, -5]) {
      Date.now = () => now() + hours * 3_600_000
      expect(Math.abs((timeLeftMs(test.info()) ?? 0) - before)).toBeLessThan(10_000)
    }
  } finally {
    Date.now = now
  }
})

checkLeaks()
