import { getEventListeners } from 'node:events'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { retry } from '../../../src/machine/retry.ts'

const never = new AbortController().signal

test('retry() gives the first thing that comes, false and null among them', async () => {
  for (const result of [0, false, null, '']) {
    expect(await retry(never, async () => result)).toBe(result)
  }
})

test('retry() pauses longer each time, and keeps no listener', async () => {
  const times: number[] = []
  const { signal } = new AbortController()
  expect(await retry(signal, async () => (times.push(performance.now()) === 6 ? 'done' : undefined))).toBe(
    'done',
  )
  const pauses = times.slice(1).map((at, index) => at - (times[index] ?? 0))
  for (const [index, least] of [20, 30, 45, 67, 101].entries()) {
    // A timer may be early by a part of a millisecond.
    expect(pauses[index]).toBeGreaterThan(least - 2)
  }
  expect((times[5] ?? 0) - (times[0] ?? 0)).toBeLessThan(2_000)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('retry() ends with the reason when its signal aborts in a pause', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  let tries = 0
  const trying = retry(controller.signal, async () => {
    if (++tries === 5) setTimeout(() => controller.abort(reason), 5)
    return undefined
  })
  await expect(trying).rejects.toBe(reason)
  expect(tries).toBe(5)
})

test('retry() does not try again after an abort or a failure', async () => {
  const controller = new AbortController()
  let tries = 0
  const aborted = retry(controller.signal, async () => {
    tries++
    controller.abort(new Error('enough'))
    return undefined
  })
  await expect(aborted).rejects.toThrow('enough')
  const failed = retry(never, async () => {
    tries++
    throw new Error('broken')
  })
  await expect(failed).rejects.toThrow('broken')
  expect(tries).toBe(2)
})

checkLeaks()
