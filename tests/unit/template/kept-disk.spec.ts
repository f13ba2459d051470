import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from '@playwright/test'

import { virtualSize } from '../../../src/qemu/qcow2.ts'
import { type KeptDiskSpec, openKeptDisk } from '../../../src/template/kept-disk.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { test } from '../test-in-folder.ts'

const run = promisify(execFile)
const mib = 2 ** 20

/** A raw disk of an image, and above it a qcow2 layer, which names it not. */
async function specIn(folder: string): Promise<KeptDiskSpec> {
  const [raw, layer] = [join(folder, 'base.raw'), join(folder, 'layer.qcow2')]
  await writeFile(raw, Buffer.alloc(mib, 'of the image '))
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', layer, `${2 * mib}`])
  const layers = [
    { path: raw, format: 'raw' },
    { path: layer, format: 'qcow2' },
  ] as const
  return { path: join(folder, 'state.qcow2'), layers, diskSize: 2 * mib }
}

test('openKeptDisk() makes a whole disk of the layers once, and grows it', async ({ folder }) => {
  const spec = await specIn(folder)
  {
    await using kept = await openKeptDisk(spec)
    expect(kept.folder).toBe(folder)
    const raw = join(folder, 'copy.raw')
    await run('qemu-img', ['convert', '-O', 'raw', spec.path, raw])
    expect((await readFile(raw)).subarray(0, mib)).toEqual(Buffer.alloc(mib, 'of the image '))
  }
  expect((await run('qemu-img', ['info', spec.path])).stdout).not.toContain('backing file')
  await run('qemu-img', ['bench', '-c', '1', '-w', '--pattern=7', '-f', 'qcow2', spec.path])
  const before = await readFile(spec.path)
  {
    await using _ = await openKeptDisk(spec)
    expect(await readFile(spec.path)).toEqual(before)
  }
  await using _ = await openKeptDisk({ ...spec, diskSize: 4 * mib })
  expect(await virtualSize(spec.path, 'qcow2')).toBe(4 * mib)
})

test('openKeptDisk() gives a disk to one at a time', async ({ folder }) => {
  const spec = await specIn(folder)
  {
    await using _ = await openKeptDisk(spec)
    await expect(openKeptDisk(spec)).rejects.toMatchObject({
      name: 'MisuseError',
      code: 'ERR_FLEDGE_KEPT_STATE',
      message: `Cannot keep the state of a machine in "${spec.path}": another machine has it`,
    })
  }
  await using _ = await openKeptDisk(spec)
})

test('openKeptDisk() that is aborted says so, and leaves nothing half made', async ({ folder }) => {
  const spec = await specIn(folder)
  const controller = new AbortController()
  const opening = openKeptDisk({ ...spec, signal: controller.signal })
  controller.abort()
  await expect(opening).rejects.toMatchObject({ code: 'ERR_FLEDGE_ABORTED' })
  expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([])
  await using _ = await openKeptDisk(spec)
})

test('openKeptDisk() says what cannot be used, and leaves nothing half made', async ({ folder }) => {
  const spec = await specIn(folder)
  await expect(openKeptDisk({ ...spec, path: '/proc/state.qcow2' })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_KEPT_STATE',
    message: expect.stringMatching(/^Cannot keep the state of a machine in "\/proc\/state\.qcow2": E/),
  })
  await writeFile(spec.path, 'not a disk')
  await expect(openKeptDisk(spec)).rejects.toMatchObject({ code: 'ERR_FLEDGE_IMAGE_INVALID' })
  const path = join(folder, 'other.qcow2')
  const layers = [{ path: join(folder, 'none.raw'), format: 'raw' }] as const
  await expect(openKeptDisk({ ...spec, path, layers })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_KEPT_STATE',
    message: expect.stringContaining('none.raw'),
  })
  expect((await readdir(folder)).filter((name) => name.startsWith('other'))).toEqual(['other.qcow2.lock'])
  // Nobody has it.
  await using _ = await openKeptDisk({ ...spec, path })
})

checkLeaks()
