import { expect, test } from '@playwright/test'

import { backOffMs, parseRetryAfter } from '../../../../src/image/download/back-off.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'

test('backOffMs() doubles up to a bound, waits as long as the server wants, and not for ever', () => {
  expect([1, 2, 3, 4, 5, 6, 20].map((failures) => backOffMs(failures, { factor: 1 }))).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ])
  expect(backOffMs(3, { factor: 0.5 })).toBe(2_000)
  expect(backOffMs(1, { factor: 1, retryAfterMs: 60_000 })).toBe(60_000)
  expect(backOffMs(4, { factor: 1, retryAfterMs: 1_000 })).toBe(8_000)
  expect(backOffMs(1, { factor: 10, retryAfterMs: 3_600_000 })).toBeUndefined()
})

const now = Date.UTC(2026, 0, 1)
for (const [value, milliseconds] of [
  [undefined, undefined],
  ['0', 0],
  [' 120 ', 120_000],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Thu, 01 Jan 2015 00:00:30 GMT', 0],
  ['later', undefined],
] as const) {
  test(`parseRetryAfter() of ${value}`, () => {
    expect(parseRetryAfter(value, now)).toBe(milliseconds)
  })
}

checkLeaks()
