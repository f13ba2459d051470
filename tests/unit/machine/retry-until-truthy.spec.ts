import { setTimeout as sleep } from 'node:timers/promises'

import { expect, test } from '@playwright/test'

import { GuestError, MisuseError, retry } from '../../../src/index.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

test('retry() gives the first thing that is true, whatever was given or thrown before', async () => {
  const answers = [false, 0, '', undefined, null, new Error('not yet'), 'done']
  const attempt = (): unknown => {
    const answer = answers.shift()
    if (answer instanceof Error) throw answer
    return answer
  }
  expect(await retry(attempt)).toBe('done')
  expect(answers).toEqual([])
})

test('retry() fails at its deadline with what it saw last, even when a try never ends', async () => {
  const broken = new Error('connection refused')
  await expect(retry(() => Promise.reject(broken), { timeoutMs: 100 })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    message: 'retry did not succeed within 100 ms; last seen: connection refused',
    lastSeen: 'connection refused',
    cause: broken,
  })
  await expect(retry(() => 0, { timeoutMs: 50 })).rejects.toMatchObject({ lastSeen: 'it gave 0' })
  const start = performance.now()
  const hangs = retry((signal) => sleep(60_000, undefined, { signal }), { timeoutMs: 50 })
  await expect(hangs).rejects.toMatchObject({ lastSeen: 'its first try did not end' })
  expect(performance.now() - start).toBeLessThan(5_000)
})

test('retry() does not try again when no try can come out otherwise', async () => {
  for (const error of [
    new MisuseError('ERR_FLEDGE_OPTION', 'no'),
    new GuestError('ERR_FLEDGE_MACHINE_DIED', 'no'),
    new GuestError('ERR_FLEDGE_STOPPED', 'no'),
    new GuestError('ERR_FLEDGE_GUEST_PANIC', 'no'),
  ]) {
    let tries = 0
    const trying = retry(() => {
      tries++
      throw error
    })
    await expect(trying).rejects.toBe(error)
    expect(tries).toBe(1)
  }
})

test('retry() ends with its signal', async () => {
  const controller = new AbortController()
  const trying = retry(() => false, { signal: controller.signal })
  setTimeout(() => controller.abort(), 30)
  await expect(trying).rejects.toMatchObject({ code: 'ERR_FLEDGE_ABORTED' })
})

checkLeaks()
