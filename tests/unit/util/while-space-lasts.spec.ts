import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from '@playwright/test'

import { whileSpaceLasts } from '../../../src/util/while-space-lasts.ts'
import { mountSmallDisk, whyNoMounts } from '../../fixtures/mount.ts'
import { test } from '../test-in-folder.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

const unable = whyNoMounts()
const fail = (): Promise<never> => Promise.reject(new Error('QEMU ended'))

test('whileSpaceLasts() ends work that would wait for ever on a full disk', async ({ folder }) => {
  test.skip(unable !== undefined, unable ?? '')
  const disk = join(folder, 'disk')
  using _ = mountSmallDisk(disk, 4)
  const work = whileSpaceLasts(disk, undefined, async (signal) => {
    await writeFile(join(disk, 'file'), Buffer.alloc(7 * 2 ** 19))
    await sleep(60_000, undefined, { signal })
  })
  await expect(work).rejects.toMatchObject({ code: 'ENOSPC', cause: { name: 'AbortError' } })
})

test('whileSpaceLasts() lets work end that has space, and passes on an abort', async ({ folder }) => {
  expect(await whileSpaceLasts(folder, undefined, async () => 7)).toBe(7)
  const controller = new AbortController()
  const work = whileSpaceLasts(folder, controller.signal, (signal) => sleep(60_000, undefined, { signal }))
  controller.abort(new Error('enough'))
  await expect(work).rejects.toMatchObject({ cause: { message: 'enough' } })
})

test('whileSpaceLasts() takes a failure on a full disk for one of that, and else for what it is', async ({
  folder,
}) => {
  test.skip(unable !== undefined, unable ?? '')
  const disk = join(folder, 'disk')
  using _ = mountSmallDisk(disk, 4)
  await expect(whileSpaceLasts(disk, undefined, fail)).rejects.toThrow('QEMU ended')
  await writeFile(join(disk, 'file'), Buffer.alloc(7 * 2 ** 19))
  await expect(whileSpaceLasts(disk, undefined, fail)).rejects.toMatchObject({
    code: 'ENOSPC',
    cause: { message: 'QEMU ended' },
  })
})

checkLeaks()
