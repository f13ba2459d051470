import { expect, test } from '@playwright/test'

import { transferRate } from '../../../../src/image/download/transfer-rate.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'

const mebibyte = 2 ** 20

test('transferRate() tells share, rate and time left, a few times a second', () => {
  const said: string[] = []
  let now = 0
  const tell = transferRate(
    (detail) => said.push(detail),
    () => now,
  )
  // Half of it is there from before, which took no time now.
  tell(50 * mebibyte, 100 * mebibyte)
  now = 100
  tell(55 * mebibyte, 100 * mebibyte)
  now = 1_000
  tell(60 * mebibyte, 100 * mebibyte)
  now = 2_000
  tell(62.5 * mebibyte, 100 * mebibyte)
  // From the start again.
  now = 3_000
  tell(0, 100 * mebibyte)
  now = 4_000
  tell(0.25 * mebibyte, 100 * mebibyte)
  now = 5_000
  tell(4 * mebibyte, undefined)
  expect(said).toEqual([
    'downloading, 50 % of 100 MiB',
    'downloading, 60 % of 100 MiB, 10 MiB/s, 4 s left',
    'downloading, 62 % of 100 MiB, 6.3 MiB/s, 6 s left',
    'downloading, 0 % of 100 MiB',
    'downloading, 0 % of 100 MiB, 0.3 MiB/s, 7 min left',
    'downloading, 4.0 MiB, 2.0 MiB/s',
  ])
})

checkLeaks()
