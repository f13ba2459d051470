import { setTimeout as sleep } from 'node:timers/promises'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { deadline } from '../../../src/cli/deadline.ts'

test('deadline() aborts when the time is over, and tells of what', async () => {
  const limit = deadline('sleep', 10)
  await expect.poll(() => limit.aborted).toBe(true)
  expect(limit.reason).toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    message: expect.stringContaining('"sleep" did not end within'),
  })
})

test('deadline() of more than Node can count does not abort at once', async () => {
  const limit = deadline('sleep', 30 * 86_400_000)
  await sleep(50)
  expect(limit.aborted).toBe(false)
})

checkLeaks()
