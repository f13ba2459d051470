import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { readWhole, writeWhole } from '../../../src/util/whole-io.ts'
import { mountSmallDisk, whyNoMounts } from '../../fixtures/mount.ts'
import { test } from '../test-in-folder.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

const unable = whyNoMounts()

test('writeWhole() writes all, or says that the disk is full, though the system took a part', async ({
  folder,
}) => {
  test.skip(unable !== undefined, unable ?? '')
  const disk = join(folder, 'disk')
  using _ = mountSmallDisk(disk, 1)
  await using file = await open(join(disk, 'file'), 'w+')
  const bytes = Buffer.alloc(2 ** 19, 'a')
  await writeWhole(file, bytes, 100)
  const read = Buffer.alloc(2 ** 19)
  await readWhole(file, read, 100)
  expect(read.equals(bytes)).toBe(true)
  await expect(writeWhole(file, Buffer.alloc(2 ** 20, 'b'), 2 ** 18)).rejects.toMatchObject({
    code: 'ENOSPC',
  })
  expect((await stat(join(disk, 'file'))).size).toBeGreaterThan(2 ** 19)
})

checkLeaks()
