import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { GuestError } from '../../../src/errors.ts'
import { deferred, withDeadline } from '../../../src/util/with-deadline.ts'

const late = new GuestError('ERR_FLEDGE_TIMEOUT', 'too late')
const onTimeout = (): GuestError => late
const timers = (): number => process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length

test('withDeadline() gives what the work gives, and leaves no timer and no listener', async () => {
  const { signal } = new AbortController()
  const before = timers()
  expect(await withDeadline({ timeoutMs: 60_000, signal, onTimeout }, async () => 'done')).toBe('done')
  const failing = withDeadline({ timeoutMs: 60_000, signal, onTimeout }, async () => {
    throw new Error('broken')
  })
  await expect(failing).rejects.toThrow('broken')
  expect(timers()).toBe(before)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('withDeadline() fails in time, and tells the work with the same error', async () => {
  let seen: AbortSignal | undefined
  const start = performance.now()
  const call = withDeadline({ timeoutMs: 50, onTimeout }, (signal) => {
    seen = signal
    return sleep(60_000, undefined, { signal })
  })
  await expect(call).rejects.toBe(late)
  expect(seen?.reason).toBe(late)
  expect(performance.now() - start).toBeGreaterThan(45)
  expect(performance.now() - start).toBeLessThan(5_000)
})

test('withDeadline() fails when the signal aborts, with its reason', async () => {
  const controller = new AbortController()
  const call = withDeadline({ timeoutMs: 60_000, signal: controller.signal, onTimeout }, (signal) =>
    sleep(60_000, undefined, { signal }),
  )
  controller.abort('why')
  await expect(call).rejects.toMatchObject({ code: 'ERR_FLEDGE_ABORTED', cause: 'why' })
  const reason = new GuestError('ERR_FLEDGE_STOPPED', 'stopped')
  const stopped = withDeadline({ timeoutMs: 1, signal: AbortSignal.abort(reason), onTimeout }, async () => 1)
  await expect(stopped).rejects.toBe(reason)
})

test('withDeadline() does not begin after the signal aborted', async () => {
  let begun = false
  const call = withDeadline({ timeoutMs: 1, signal: AbortSignal.abort(), onTimeout }, async () => {
    begun = true
  })
  await expect(call).rejects.toMatchObject({ code: 'ERR_FLEDGE_ABORTED' })
  expect(begun).toBe(false)
})

for (const timeoutMs of [2 ** 31, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]) {
  test(`withDeadline() waits ${timeoutMs} ms, and not one`, async () => {
    expect(await withDeadline({ timeoutMs, onTimeout }, () => sleep(50, 'done'))).toBe('done')
  })
}

for (const timeoutMs of [-1, Number.NaN]) {
  test(`withDeadline() refuses ${timeoutMs} ms`, async () => {
    const call = withDeadline({ timeoutMs, onTimeout }, async () => 'done')
    await expect(call).rejects.toMatchObject({ code: 'ERR_FLEDGE_OPTION' })
  })
}

test('withDeadline() gives work that passed its deadline its margin, and no more', async () => {
  expect(await withDeadline({ timeoutMs: 1, marginMs: 5_000, onTimeout }, () => sleep(50, 'done'))).toBe(
    'done',
  )
  await expect(withDeadline({ timeoutMs: 1, marginMs: 50, onTimeout }, () => sleep(5_000))).rejects.toBe(late)
  const negative = withDeadline({ timeoutMs: -1, marginMs: 50, onTimeout }, async () => 'done')
  await expect(negative).rejects.toMatchObject({ code: 'ERR_FLEDGE_OPTION' })
})

test('deferred() may be rejected with nobody there', async () => {
  deferred<void>().reject(new Error('unheard'))
  await sleep(10)
})

test('one signal may bound any number of calls, and Node warns of no leak', async () => {
  const warnings: string[] = []
  const listen = (warning: Error): void => void warnings.push(warning.name)
  process.on('warning', listen)
  try {
    const controller = new AbortController()
    const bounds = {
      timeoutMs: 60_000,
      signal: controller.signal,
      onTimeout,
    }
    const calls = Array.from({ length: 20 }, () => withDeadline(bounds, () => new Promise(() => {})))
    controller.abort()
    await Promise.allSettled(calls)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(warnings).toEqual([])
  } finally {
    process.off('warning', listen)
  }
})

checkLeaks()
