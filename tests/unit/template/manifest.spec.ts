import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { readManifest, templateFormat, type Manifest } from '../../../src/template/manifest.ts'
import { writeManifestFile } from '../../../src/util/manifest-file.ts'
import { test } from '../test-in-folder.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

const manifest: Manifest = {
  format: templateFormat,
  key: 'ab12',
  image: 'debian:13-minimal',
  created: '2026-01-02T03:04:05.678Z',
  chassis: {
    machine: 'pc-i440fx-7.2',
    accelerator: 'tcg',
    cpu: 'Nehalem',
    cpus: 2,
    memoryMiB: 1024,
    direct: { kernel: '../k', initrd: '../i', arguments: 'quiet' },
  },
  disk: [{ path: '../disk', format: 'raw' }],
  diskSize: 8 * 2 ** 30,
  memoryNonce: '00ff',
  sideMemory: [{ region: 'firmware', offset: 0, length: 4096 }],
  mounts9p: true,
  bootMs: { agent: 1000.5, idle: 3000 },
  files: { memory: { size: 1, mtimeMs: 2.5, ctimeMs: 3.5, ino: 4, digest: 'cd' } },
}

test('readManifest() reads what was written, which leaves nothing else', async ({ folder }) => {
  await writeManifestFile(folder, { ...manifest, key: 'before' })
  await writeManifestFile(folder, manifest)
  expect(await readManifest(folder)).toEqual(manifest)
  expect(await readdir(folder)).toEqual(['manifest.json'])
})

test('readManifest() takes no other format, and nothing that is not whole', async ({ folder }) => {
  const path = join(folder, 'manifest.json')
  const text = JSON.stringify(manifest)
  const { memoryNonce: _, ...lacking } = manifest
  for (const damaged of [
    '',
    text.slice(0, -10),
    'null',
    '[]',
    `${text}x`,
    JSON.stringify({ ...manifest, format: templateFormat + 1 }),
    JSON.stringify({ ...manifest, format: String(templateFormat) }),
    JSON.stringify({ ...manifest, chassis: { ...manifest.chassis, accelerator: 'hvf' } }),
    JSON.stringify({ ...manifest, sideMemory: [{ region: 'sound', offset: 0, length: 1 }] }),
    JSON.stringify({ ...manifest, sideMemory: [{ region: 'screen', offset: -4096, length: 4096 }] }),
    JSON.stringify({ ...manifest, sideMemory: [{ region: 'screen', offset: 0.5, length: 4096 }] }),
    JSON.stringify({ ...manifest, diskSize: -1 }),
    JSON.stringify({ ...manifest, chassis: { ...manifest.chassis, memoryMiB: 1e300 } }),
    text.replace('"cpus":2', '"cpus":1e999'),
    '['.repeat(100_000),
    JSON.stringify({ ...manifest, files: { memory: { size: 1 } } }),
    JSON.stringify(lacking),
  ]) {
    await writeFile(path, damaged)
    expect(await readManifest(folder), damaged).toBeUndefined()
  }
  await rm(path)
  expect(await readManifest(folder)).toBeUndefined()
})

checkLeaks()
