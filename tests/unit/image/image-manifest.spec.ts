import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { readImage, readPreparedImage, writeManifest } from '../../../src/image/image-manifest.ts'

const manifest = {
  schema: 1 as const,
  name: 'debian:13-minimal',
  key: 'a'.repeat(64),
  suite: 'trixie',
  sources: ['deb http://mirror.example/debian trixie main'],
  recipe: 'b'.repeat(64),
  kernelArguments: 'root=/dev/vda',
  cpu: 'x86-64-v1' as const,
  packages: ['bash=1'],
  builtAt: '2026-01-01T00:00:00.000Z',
}

let folder: string
test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fledge-manifest-'))
})
test.afterEach(() => rm(folder, { recursive: true }))

test('readImage() reads what was written, and says where the files are', async () => {
  await writeManifest(folder, manifest)
  expect(await readImage(folder)).toEqual({
    name: 'debian:13-minimal',
    key: 'a'.repeat(64),
    folder,
    disk: join(folder, 'disk.raw'),
    kernel: join(folder, 'vmlinuz'),
    initrd: join(folder, 'initrd'),
    kernelArguments: 'root=/dev/vda',
    cpu: 'x86-64-v1',
    packages: ['bash=1'],
  })
})

test('readPreparedImage() needs the digest of an agent', async () => {
  await writeManifest(folder, manifest)
  expect(await readPreparedImage(folder)).toBeUndefined()
  await writeManifest(folder, { ...manifest, imageKey: 'c'.repeat(64), agentDigest: 'd'.repeat(64) })
  expect((await readPreparedImage(folder))?.agentDigest).toBe('d'.repeat(64))
})

test('readImage() finds nothing where there is nothing of use', async () => {
  expect(await readImage(join(folder, 'absent'))).toBeUndefined()
  for (const text of [
    '',
    '{',
    '[]',
    '{}',
    JSON.stringify({ ...manifest, schema: 2 }),
    JSON.stringify({ ...manifest, key: 'x' }),
  ]) {
    await writeFile(join(folder, 'manifest.json'), text)
    expect(await readImage(folder)).toBeUndefined()
  }
})

checkLeaks()
