import { appendFile, mkdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { openOwnFile } from '../../../../src/image/download/own-file.ts'
import { pullImage } from '../../../../src/index.ts'
import type { ProgressMessage } from '../../../../src/util/progress.ts'
import { digestOf, someDisk } from '../../../fixtures/file-server.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'
import { messagesOf } from '../../messages-of.ts'
import { test } from '../../test-in-folder.ts'

test('openOwnFile() reads a file once, and again only when it has changed', async ({
  folder,
  cache: _cache,
}) => {
  const path = join(folder, 'disk.qcow2')
  const disk = someDisk(64 * 1024)
  await writeFile(path, disk)
  await symlink(path, join(folder, 'link.qcow2'))
  const open = (): ReturnType<typeof openOwnFile> => openOwnFile(join(folder, 'link.qcow2'), './link.qcow2')
  const first = await open()
  expect(first).toMatchObject({ name: './link.qcow2', disk: path, format: 'qcow2' })
  expect(
    await messagesOf<ProgressMessage>('fledge:progress', async () => expect(await open()).toEqual(first)),
  ).toEqual([])
  // As long as before, and with the time of before: what changes it cannot set that of the inode.
  const { atime, mtime } = await stat(path)
  disk[disk.length - 1] = (disk[disk.length - 1] ?? 0) ^ 1
  await writeFile(path, disk)
  await utimes(path, atime, mtime)
  const second = await open()
  expect(second.digest).not.toBe(first.digest)
  disk[disk.length - 1] = (disk[disk.length - 1] ?? 0) ^ 1
  await writeFile(path, disk)
  expect((await open()).digest).toBe(first.digest)
  expect(digestOf(await readFile(path))).toBe(digestOf(disk))
})

test('pullImage() gives a file of the user where it is, and leaves it alone', async ({
  folder,
  cache: _cache,
}) => {
  const path = join(folder, 'disk.raw')
  await writeFile(path, Buffer.alloc(4096))
  const before = await stat(path)
  expect(await pullImage(path)).toMatchObject({ name: path, disk: path, format: 'raw' })
  const { mtimeMs, ctimeMs, mode, size } = await stat(path)
  expect({ mtimeMs, ctimeMs, mode, size }).toMatchObject({
    mtimeMs: before.mtimeMs,
    ctimeMs: before.ctimeMs,
    mode: before.mode,
    size: before.size,
  })
})

test('pullImage() tells what a name that it does not know may be', async ({ cache: _cache }) => {
  for (const [name, hint] of [
    ['ubunto:24.04', 'Did you mean "ubuntu:24.04"'],
    ['debian:13-minimal', 'fledge images build debian:13-minimal'],
  ] as const) {
    await expect(pullImage(name)).rejects.toMatchObject({
      code: 'ERR_FLEDGE_IMAGE_NOT_FOUND',
      hint: expect.stringContaining(hint),
    })
  }
})

test('openOwnFile() tells what is wrong with a file', async ({ folder, cache: _cache }) => {
  await mkdir(join(folder, 'folder'))
  await writeFile(join(folder, 'text'), 'text')
  await appendFile(join(folder, 'text'), 'text')
  for (const [name, code, says] of [
    ['none', 'ERR_FLEDGE_IMAGE_NOT_FOUND', 'there is no such file'],
    ['text/none', 'ERR_FLEDGE_IMAGE_NOT_FOUND', 'there is no such file'],
    ['folder', 'ERR_FLEDGE_IMAGE_INVALID', 'it is not a file'],
    ['text', 'ERR_FLEDGE_IMAGE_INVALID', 'no whole number of sectors'],
  ] as const) {
    await expect(openOwnFile(join(folder, name))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says),
    })
  }
})

checkLeaks()
