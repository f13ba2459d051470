import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { listCache, pruneCache, removeFromCache, verifyCache } from '../../../src/index.ts'
import { findProgram } from '../../../src/util/find-program.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { flipBit } from '../../fixtures/flip-bit.ts'
import { fakeCache } from './fake-cache.ts'

test.beforeEach(async () => {
  test.skip((await findProgram('qemu-system-x86_64')) === undefined, 'QEMU is not installed')
})

test('the cache knows an official image from the download up to the template', async () => {
  await using cache = await fakeCache()
  const download = await cache.download('debian-13-download')
  const layer = await cache.layer('debian-13-layer', join(download, 'disk.qcow2'))
  await cache.template('debian-13-template', layer)
  const entries = await listCache()
  expect(entries.map(({ kind, image, madeFrom, outdated }) => [kind, image, madeFrom, outdated])).toEqual([
    ['download', 'debian:13', [], undefined],
    ['prepared', 'debian:13', [download], undefined],
    ['template', 'debian:13', [layer], undefined],
  ])
  expect((await pruneCache()).removed).toEqual([])
  expect((await verifyCache()).flatMap(({ broken }) => broken)).toEqual([])
  await flipBit(join(download, 'disk.qcow2'), 0)
  const broken = (await verifyCache()).filter((each) => each.broken.length > 0)
  expect(broken.map(({ entry, broken: files }) => [entry.kind, files])).toEqual([
    ['download', ['disk.qcow2']],
    ['prepared', ['../../downloads/debian-13-download/disk.qcow2']],
    ['template', ['../../downloads/debian-13-download/disk.qcow2']],
  ])
  await removeFromCache(['debian:13'])
  expect(await listCache()).toEqual([])
})

/** Each entry with why it is outdated. */
async function reasons(): Promise<unknown> {
  return (await listCache()).map(({ name, outdated }) => [name, outdated])
}

test('a layer is outdated when its disk was changed or removed, and when it has the agent of another version', async () => {
  await using cache = await fakeCache()
  const own = join(cache.folder, 'own.qcow2')
  await writeFile(own, 'a disk of the user')
  await cache.layer('kept', own)
  await cache.layer('old', own, { agent: 'of before' })
  await cache.template('template', await cache.sshLayer('ssh', own))
  expect(await reasons()).toEqual([
    ['kept', undefined],
    ['old', 'it has the agent of another version of fledge'],
    ['ssh', undefined],
    ['template', undefined],
  ])
  await writeFile(own, 'another disk of the user')
  expect(await reasons()).toEqual([
    ['kept', 'its image was changed, or removed'],
    ['old', 'its image was changed, or removed'],
    ['ssh', 'its image was changed, or removed'],
    ['template', 'what it rests on is outdated'],
  ])
})

checkLeaks()
