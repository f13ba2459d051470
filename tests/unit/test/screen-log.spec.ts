import { setTimeout as sleep } from 'node:timers/promises'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { ScreenLog } from '../../../src/test/screen-log.ts'
import { deferred } from '../../../src/util/with-deadline.ts'

/** A log of a screen that shows one thing after another, at the end of which `done` settles. */
function logOf(shown: readonly (string | Error)[]): { log: ScreenLog; done: Promise<void> } {
  let at = 0
  const { promise: done, resolve: end } = deferred<void>()
  const take = async (): Promise<Buffer> => {
    const each = shown[Math.min(at++, shown.length - 1)] ?? ''
    if (at > shown.length) end()
    if (each instanceof Error) throw each
    return Buffer.from(each)
  }
  return { log: new ScreenLog(take, 1), done }
}

test('has a picture of each change, and begins anew after a failure', async () => {
  const start = Date.now()
  const { log, done } = logOf(['a', 'a', 'b', new Error('gone'), 'b', 'a', 'a'])
  await done
  const pictures = await log.stop()
  expect(pictures.map(({ png }) => String(png))).toEqual(['a', 'b', 'a'])
  const times = pictures.map(({ timeMs }) => timeMs)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(times[0]).toBeGreaterThanOrEqual(start)
})

test('keeps the newest of very many, and less of the others', async () => {
  const { log, done } = logOf(Array.from({ length: 50 }, (_, index) => `${index}`))
  await done
  const shown = (await log.stop()).map(({ png }) => Number(png))
  expect(shown.length).toBeLessThanOrEqual(40)
  expect(shown.at(-1)).toBe(49)
  expect(shown).toEqual(shown.toSorted((a, b) => a - b))
})

test('keeps no more of large pictures than 8 MiB', async () => {
  const { log, done } = logOf(Array.from({ length: 12 }, (_, index) => `${index}`.repeat(1 << 20)))
  await done
  const bytes = (await log.stop()).reduce((sum, { png }) => sum + png.length, 0)
  expect(bytes).toBeLessThanOrEqual(8 << 20)
  expect(bytes).toBeGreaterThan(2 << 20)
})

test('stop() waits for a picture that is being taken, and none is taken after it', async () => {
  let taken = 0
  const log = new ScreenLog(async () => {
    taken++
    await sleep(50)
    return Buffer.of(taken)
  }, 1)
  await expect.poll(() => taken, { intervals: [2] }).toBe(1)
  expect(await log.stop()).toHaveLength(1)
  await sleep(30)
  expect(taken).toBe(1)
})

checkLeaks()
