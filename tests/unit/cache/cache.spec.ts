import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, open, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { listCache, pruneCache, removeFromCache, verifyCache } from '../../../src/index.ts'
import { findProgram } from '../../../src/util/find-program.ts'
import { lockFile } from '../../../src/util/file-lock.ts'
import { fakeCache, type FakeCache } from './fake-cache.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

test.beforeEach(async () => {
  test.skip((await findProgram('qemu-system-x86_64')) === undefined, 'QEMU is not installed')
})

/** What a host has after a while: the present image and template, and those of older versions. */
async function usedCache(): Promise<
  FakeCache & { readonly present: Record<'image' | 'prepared' | 'template', string> }
> {
  const cache = await fakeCache()
  const image = await cache.image('image-now')
  await cache.image('image-old', { recipe: 'a'.repeat(64) })
  const prepared = await cache.prepared('prepared-now')
  const outdated = await cache.prepared('prepared-old', { agent: 'of before' })
  const template = await cache.template('template-now', prepared)
  await cache.template('template-qemu', prepared, { qemu: '6.0.0' })
  await cache.template('template-agent', outdated)
  return { ...cache, present: { image, prepared, template } }
}

/** A program with the arguments of a QEMU that runs on a folder. */
async function fakeMachine(folder: string): Promise<ChildProcess & AsyncDisposable> {
  const argument = `{"qom-type":"memory-backend-file","mem-path":"${folder}/memory"}`
  const script = 'console.log(); setInterval(() => {}, 60_000)'
  const child = spawn(process.execPath, ['--eval', script, argument], { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(child.stdout, 'data')
  return Object.assign(child, {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await once(child, 'close')
    },
  })
}

test('listCache() tells sizes without holes, what is made from what, and what is outdated', async () => {
  await using cache = await usedCache()
  const entries = await listCache()
  expect(entries.map(({ kind, name, outdated }) => [kind, name, outdated !== undefined])).toEqual([
    ['image', 'image-now', false],
    ['image', 'image-old', true],
    ['prepared', 'prepared-now', false],
    ['prepared', 'prepared-old', true],
    ['template', 'template-agent', true],
    ['template', 'template-now', false],
    ['template', 'template-qemu', true],
  ])
  const template = entries.find(({ name }) => name === 'template-now')
  expect(template).toMatchObject({
    image: 'debian:13-minimal',
    madeFrom: [cache.present.prepared],
    machine: { accelerator: 'tcg', cpus: 2, memoryMiB: 1024, diskGiB: 1 },
    machines: [],
  })
  expect(template?.bytes).toBeLessThan(2 ** 20)
})

test('listCache() is empty where there is no cache', async () => {
  await using cache = await fakeCache()
  await rm(cache.folder, { recursive: true })
  expect(await listCache()).toEqual([])
  await mkdir(cache.folder, { recursive: true })
})

test('pruneCache() removes what is outdated, and nothing else', async () => {
  await using cache = await usedCache()
  const told = await pruneCache({ dryRun: true })
  expect(await listCache()).toHaveLength(7)
  const { removed, spared, freedBytes } = await pruneCache()
  expect(removed.map(({ entry }) => entry.name).toSorted()).toEqual([
    'image-old',
    'prepared-old',
    'template-agent',
    'template-qemu',
  ])
  expect(removed.map(({ entry }) => entry.name)).toEqual(told.removed.map(({ entry }) => entry.name))
  expect(spared).toEqual([])
  expect(freedBytes).toBeGreaterThan(0)
  expect(await cache.names('images')).toEqual(['image-now', 'image-now.lock'])
  expect(await cache.names('prepared')).toEqual(['prepared-now', 'prepared-now.lock'])
  expect(await cache.names('templates')).toEqual(['template-now', 'template-now.lock'])
  expect(await pruneCache()).toMatchObject({ removed: [], leftovers: [], freedBytes: 0 })
})

test('pruneCache() removes what was not used for long, from the top down', async () => {
  await using cache = await usedCache()
  const { image, prepared, template } = cache.present
  const old = new Date(Date.now() - 40 * 86_400_000)
  for (const file of [
    `${image}/disk.raw`,
    `${prepared}/disk.raw`,
    `${image}/manifest.json`,
    `${prepared}/manifest.json`,
  ])
    await utimes(file, old, old)
  const olderThanMs = 30 * 86_400_000
  await pruneCache({ olderThanMs })
  expect((await listCache()).map(({ name }) => name)).toEqual(['image-now', 'prepared-now', 'template-now'])
  for (const file of [`${template}/memory`, `${template}/manifest.json`]) await utimes(file, old, old)
  await pruneCache({ olderThanMs })
  expect(await listCache()).toEqual([])
})

test('pruneCache() spares what a machine runs on, and what that rests on', async () => {
  await using cache = await usedCache()
  await using machine = await fakeMachine(join(cache.folder, 'templates/template-agent'))
  const { removed, spared } = await pruneCache()
  expect(removed.map(({ entry }) => entry.name)).toEqual(['template-qemu', 'image-old'])
  expect(spared.map(({ entry, reason }) => [entry.name, reason])).toEqual([
    ['template-agent', `a machine runs on it (process ${machine.pid})`],
    ['prepared-old', 'the template "template-agent" rests on it'],
  ])
})

test('pruneCache() spares what another process makes, and what that may be made from', async () => {
  await using cache = await usedCache()
  {
    await using _ = await lockFile(join(cache.folder, 'templates/template-new.lock'))
    const { removed, spared } = await pruneCache()
    expect(removed.map(({ entry }) => entry.name)).toEqual(['template-agent', 'template-qemu', 'image-old'])
    expect(spared.map(({ entry }) => entry.name)).toEqual(['prepared-old'])
    expect(await cache.names('templates')).toContain('template-new.lock')
  }
  const { removed } = await pruneCache()
  expect(removed.map(({ entry }) => entry.name)).toEqual(['prepared-old'])
  expect(await cache.names('templates')).not.toContain('template-new.lock')
})

test('pruneCache() sweeps what the dead left, and only that', async () => {
  await using cache = await fakeCache()
  const dead = join(cache.folder, 'templates/.partial-one-0123456789ab-4000000-aB3dE6')
  const live = join(cache.folder, 'templates/.partial-two-0123456789ab-4000001-aB3dE6')
  for (const folder of [dead, live]) {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'memory'), 'memory')
  }
  const before = new Date(Date.now() - 3_600_000)
  const future = new Date(Date.now() + 3_600_000)
  for (const [folder, name] of [
    ['host', 'qemu-1.json.partial'],
    ['overlays', 'overlay'],
    // From before the clock was set back.
    ['overlays', 'overlay-ahead'],
    ['overlays', 'newer'],
  ] as const) {
    await mkdir(join(cache.folder, folder), { recursive: true })
    await writeFile(join(cache.folder, folder, name), 'x')
    const time = name === 'overlay-ahead' ? future : before
    if (name !== 'newer') await utimes(join(cache.folder, folder, name), time, time)
  }
  await using _ = await lockFile(join(cache.folder, 'templates/two-0123456789ab.lock'))
  const { leftovers } = await pruneCache()
  expect(leftovers.filter(({ what }) => what === 'unfinished').map(({ path }) => path)).toEqual([
    dead,
    join(cache.folder, 'host/qemu-1.json.partial'),
    join(cache.folder, 'overlays/overlay'),
    join(cache.folder, 'overlays/overlay-ahead'),
  ])
  expect(await cache.names('templates')).toEqual([
    '.partial-two-0123456789ab-4000001-aB3dE6',
    'two-0123456789ab.lock',
  ])
  expect(await cache.names('overlays')).toEqual(['newer'])
})

test('removeFromCache() removes an image with all that was made from it', async () => {
  await using cache = await usedCache()
  const removed = await removeFromCache(['image-now'])
  expect(removed.map(({ name }) => name)).toContain('template-now')
  expect(await cache.names('images')).toEqual(['image-old', 'image-old.lock'])
  expect(await cache.names('templates')).not.toContain('template-now')
})

test('removeFromCache() refuses what a machine runs on, unless forced', async () => {
  await using cache = await usedCache()
  await using machine = await fakeMachine(cache.present.template)
  await expect(removeFromCache(['debian:13-minimal'])).rejects.toMatchObject({
    code: 'ERR_FLEDGE_CACHE',
    message: expect.stringContaining(String(machine.pid)),
    hint: expect.stringContaining('--force'),
  })
  expect(await listCache()).toHaveLength(7)
  await removeFromCache(['debian:13-minimal'], { force: true })
  expect(await listCache()).toEqual([])
})

test('removeFromCache() suggests names for one that nothing has', async () => {
  await using cache = await usedCache()
  await expect(removeFromCache(['template-nov'])).rejects.toMatchObject({
    code: 'ERR_FLEDGE_OPTION',
    hint: expect.stringContaining('"template-now"'),
  })
  expect(await cache.names('templates')).toContain('template-now')
})

test('verifyCache() finds a byte that changed, wherever it is', async () => {
  await using cache = await usedCache()
  expect((await verifyCache()).filter(({ broken }) => broken.length > 0)).toEqual([])
  await appendFile(join(cache.present.template, 'memory'), 'x')
  await flipBit(join(cache.present.image, 'vmlinuz'))
  await flipBit(join(cache.present.prepared, 'disk.raw'))
  await writeFile(join(cache.folder, 'images/image-old/manifest.json'), '{"schema":1')
  // One of another version of fledge, which no one uses.
  await writeFile(join(cache.folder, 'templates/template-qemu/manifest.json'), '{}')
  const damaged = (await verifyCache()).filter(({ broken }) => broken.length > 0)
  expect(damaged.map(({ entry, broken }) => [entry.name, broken])).toEqual([
    ['image-now', ['vmlinuz']],
    ['image-old', ['manifest.json']],
    ['prepared-now', ['disk.raw']],
    ['template-now', ['memory', '../../prepared/prepared-now/disk.raw']],
  ])
})

test('verifyCache() that is aborted says so as all else does', async () => {
  await using _ = await usedCache()
  await expect(verifyCache({ signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_ABORTED',
  })
})

test('the cache knows downloads: lists, verifies, and removes them by name', async () => {
  await using cache = await fakeCache()
  const download = await cache.download('debian-13-0123456789ab')
  const broken = await cache.download('debian-13-broken')
  await cache.download('debian-13-old')
  await writeFile(join(cache.folder, 'downloads/debian-13-old/manifest.json'), '{}')
  expect((await listCache()).map(({ kind, name, image, outdated }) => [kind, name, image, outdated])).toEqual(
    [
      ['download', 'debian-13-0123456789ab', 'debian:13', undefined],
      ['download', 'debian-13-broken', 'debian:13', undefined],
      ['download', 'debian-13-old', undefined, 'this version of fledge cannot read it'],
    ],
  )
  expect((await verifyCache()).filter((each) => each.broken.length > 0)).toEqual([])
  await flipBit(join(broken, 'disk.qcow2'))
  const damaged = (await verifyCache()).filter((each) => each.broken.length > 0)
  expect(damaged.map((each) => [each.entry.folder, each.broken])).toEqual([[broken, ['disk.qcow2']]])
  expect((await pruneCache()).removed.map(({ entry }) => entry.name)).toEqual(['debian-13-old'])
  const old = new Date(Date.now() - 40 * 86_400_000)
  for (const file of ['disk.qcow2', 'manifest.json']) await utimes(join(download, file), old, old)
  const { removed } = await pruneCache({ olderThanMs: 30 * 86_400_000 })
  expect(removed.map(({ entry }) => entry.name)).toEqual(['debian-13-0123456789ab'])
  await removeFromCache(['debian:13'])
  expect(await cache.names('downloads')).toEqual([])
})

test('pruneCache() sweeps a download that broke off, and not one that is under way', async () => {
  await using cache = await fakeCache()
  await mkdir(join(cache.folder, 'downloads'), { recursive: true })
  const names = ['one-0123456789ab', 'two-0123456789ab'].flatMap((name) => [
    `${name}.part`,
    `${name}.part.json`,
  ])
  for (const name of names) await writeFile(join(cache.folder, 'downloads', name), 'part')
  await using _ = await lockFile(join(cache.folder, 'downloads/two-0123456789ab.lock'))
  const { leftovers } = await pruneCache()
  expect(leftovers.filter(({ what }) => what === 'unfinished').map(({ path }) => path)).toEqual([
    join(cache.folder, 'downloads/one-0123456789ab.part'),
    join(cache.folder, 'downloads/one-0123456789ab.part.json'),
  ])
  expect(await cache.names('downloads')).toEqual([
    'two-0123456789ab.lock',
    'two-0123456789ab.part',
    'two-0123456789ab.part.json',
  ])
})

/** As a disk does that fails: neither the size nor the times tell of it. */
async function flipBit(path: string): Promise<void> {
  const { atime, mtime } = await stat(path)
  {
    await using file = await open(path, 'r+')
    const byte = Buffer.alloc(1)
    await file.read(byte, 0, 1, 0)
    await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 0)
  }
  await utimes(path, atime, mtime)
}

checkLeaks()
