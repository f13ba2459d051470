import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { appendFileSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { launch, prepare, type ProgressMessage } from '../../src/index.ts'
import { ownChildren } from '../fixtures/leaks.ts'
import { expect, image, test } from '../fixtures/machine.ts'
import { mountSmallDisk, whyNoMounts } from '../fixtures/mount.ts'
import { ownCache, type OwnCache } from '../fixtures/own-cache.ts'
import { checkLeaks } from '../fixtures/leaks.ts'

/** Small machines write less to the disk that is full. */
const options = { memoryMiB: 256 } as const

const unable = whyNoMounts()
test.skip(unable !== undefined, unable ?? '')

/** What every error of a full disk says: what could not be done, where, and what to do. */
function diskFull(cannot: RegExp, folder: string): Record<string, unknown> {
  return {
    code: 'ERR_FLEDGE_DISK_FULL',
    message: expect.stringMatching(new RegExp(`^${cannot.source}.*no space left on the disk of "${folder}`)),
    hint: expect.stringContaining('FLEDGE_CACHE'),
  }
}

/** The names in a folder of the cache, but for the locks. */
async function left(cache: OwnCache, stage: string): Promise<string[]> {
  return (await readdir(join(cache.folder, stage))).filter((name) => !name.endsWith('.lock'))
}

/** Writes to a disk until nothing more fits. */
function fill(folder: string): void {
  try {
    for (;;) appendFileSync(join(folder, 'filling'), Buffer.alloc(2 ** 16))
  } catch {
    // A single page may still fit.
    try {
      for (;;) appendFileSync(join(folder, 'filling'), Buffer.alloc(4096))
    } catch {}
  }
}

for (const mebibytes of [8, 150]) {
  test(`a build of an image with ${mebibytes} MiB of space says so, and leaves nothing`, async () => {
    await using cache = await ownCache('image')
    using _ = mountSmallDisk(join(cache.folder, 'images'), mebibytes)
    await expect(prepare(image)).rejects.toMatchObject(
      diskFull(/Cannot build "debian:13-minimal"/, cache.folder),
    )
    expect(await left(cache, 'images')).toEqual([])
    expect(await ownChildren()).toEqual([])
  })
}

test('a preparation without space says so, and leaves nothing', async () => {
  await using cache = await ownCache('image')
  using _ = mountSmallDisk(join(cache.folder, 'prepared'), 100)
  await expect(prepare(image)).rejects.toMatchObject(
    diskFull(/Cannot build "debian:13-minimal"/, cache.folder),
  )
  expect(await left(cache, 'prepared')).toEqual([])
})

const cannot = /Cannot make the template of "debian:13-minimal":/

for (const detail of ['booting', 'freezing', 'checking']) {
  test(`a disk that gets full at "${detail}" of a template is told, and nothing is left`, async () => {
    test.skip(
      detail !== 'booting' && !process.env['FLEDGE_TEST_ALL'],
      'It takes a boot; FLEDGE_TEST_ALL=1 runs it',
    )
    await using cache = await ownCache('prepared')
    const folder = join(cache.folder, 'templates')
    using _ = mountSmallDisk(folder, 300)
    const listen = (message: unknown): void => {
      if ((message as ProgressMessage).detail === detail) fill(folder)
    }
    subscribe('fledge:progress', listen)
    try {
      await expect(prepare(image, options)).rejects.toMatchObject(diskFull(cannot, cache.folder))
    } finally {
      unsubscribe('fledge:progress', listen)
    }
    expect(await left(cache, 'templates')).toEqual(['filling'])
    expect(await ownChildren()).toEqual([])
    rmSync(join(folder, 'filling'))
  })
}

test('a clone says at its start that there is no space for what it writes, and a running one when that gets full', async () => {
  await using cache = await ownCache('template')
  const folder = join(cache.folder, 'overlays')
  using _ = mountSmallDisk(folder, 16)
  {
    await using vm = await launch(image)
    const writing = vm.succeed('dd if=/dev/urandom of=/root/large bs=1M count=40 conv=fsync')
    await expect(writing).rejects.toMatchObject({
      ...diskFull(/QEMU stopped the machine "debian-13-minimal-\w+":/, folder),
      machine: vm.name,
    })
    await expect(vm.succeed('true')).rejects.toMatchObject({ code: 'ERR_FLEDGE_DISK_FULL' })
  }
  fill(folder)
  await expect(launch(image)).rejects.toMatchObject(
    diskFull(/Cannot clone "debian-13-minimal-\w+":/, cache.folder),
  )
  expect(await readdir(folder)).toEqual(['filling'])
  expect(await ownChildren()).toEqual([])
})

checkLeaks()
