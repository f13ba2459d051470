import { appendFile, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { imageSchema } from '../../../src/image/image-key.ts'
import {
  type ImageManifest,
  imageFiles,
  openImage,
  openPreparedImage,
  readImageManifest,
  type PreparedManifest,
  writeImageManifest,
} from '../../../src/image/image-manifest.ts'
import type { NoticeMessage } from '../../../src/index.ts'
import { messagesOf } from '../messages-of.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

const manifest: Omit<ImageManifest, 'files'> = {
  schema: imageSchema,
  name: 'debian:13-minimal',
  key: 'a'.repeat(64),
  suite: 'trixie',
  sources: ['deb http://mirror.example/debian trixie main'],
  recipe: 'b'.repeat(64),
  kernelArguments: 'root=/dev/vda',
  cpu: 'x86-64-v1',
  packages: ['bash=1'],
  builtAt: '2026-01-01T00:00:00.000Z',
}

let folder: string
test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fledge-manifest-'))
  for (const name of Object.values(imageFiles)) await writeFile(join(folder, name), name)
})
test.afterEach(() => rm(folder, { recursive: true }))

test('openImage() reads what was written, and says where the files are', async () => {
  await writeImageManifest(folder, manifest)
  expect(await openImage(folder)).toEqual({
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

test('openPreparedImage() needs the digest of an agent', async () => {
  await writeImageManifest(folder, manifest)
  expect(await openPreparedImage(folder)).toBeUndefined()
  await writeImageManifest<PreparedManifest>(folder, {
    ...manifest,
    imageKey: 'c'.repeat(64),
    agentDigest: 'd'.repeat(64),
  })
  expect((await openPreparedImage(folder))?.agentDigest).toBe('d'.repeat(64))
})

test('openImage() finds nothing where there is nothing', async () => {
  expect(await noticesOf(() => openImage(join(folder, 'absent')))).toEqual([])
})

test('openImage() takes no image without its manifest, and says so', async () => {
  await writeImageManifest(folder, manifest)
  const whole = await readFile(join(folder, 'manifest.json'), 'utf8')
  for (const [index, text] of ['', '{', '[]', '{}', whole.slice(0, -9), whole.replace('a', 'x')].entries()) {
    // What was said is said no more: each has a name of its own.
    const place = join(folder, `image-${index}`)
    await mkdir(place)
    await writeFile(join(place, 'manifest.json'), text)
    expect(await noticesOf(() => openImage(place)), text).toEqual([
      `The image "${place}" was damaged (manifest.json); it is made again`,
    ])
  }
  await rm(join(folder, 'manifest.json'))
  expect(await noticesOf(() => openImage(folder))).toHaveLength(1)
})

test('openImage() takes no image with a file that changed or went, and says which', async () => {
  await writeImageManifest(folder, manifest)
  await appendFile(join(folder, 'disk.raw'), '.')
  await rm(join(folder, 'initrd'))
  expect(await noticesOf(() => openImage(folder))).toEqual([
    `The image "${folder}" was damaged (disk.raw, initrd); it is made again`,
  ])
})

test('openImage() takes a copy, and notes how its files look', async () => {
  await writeImageManifest(folder, manifest)
  await appendFile(join(folder, 'initrd'), '')
  for (const name of Object.values(imageFiles)) await utimes(join(folder, name), 1000, 1000)
  expect(await openImage(folder)).toMatchObject({ name: manifest.name })
  expect((await readImageManifest(folder))?.files['disk.raw']).toMatchObject({ mtimeMs: 1_000_000 })
})

/** What is said while an image is looked for that cannot be used. */
async function noticesOf(open: () => Promise<unknown>): Promise<string[]> {
  const said = await messagesOf<NoticeMessage>('fledge:notice', async () =>
    expect(await open()).toBeUndefined(),
  )
  return said.map(({ message }) => message)
}

checkLeaks()
