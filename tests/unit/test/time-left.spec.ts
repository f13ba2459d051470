import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { timeLeftMs } from '../../../src/test/time-left.ts'

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

checkLeaks()
