import { execFileSync } from 'node:child_process'
import { readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { launch, prepare, verifyCache, type NoticeMessage } from '../../src/index.ts'
import { openImage, openPreparedImage } from '../../src/image/image-manifest.ts'
import { openManifest } from '../../src/template/manifest.ts'
import { flipBit } from '../fixtures/flip-bit.ts'
import { expect, image, test } from '../fixtures/machine.ts'
import { ownCache, type OwnCache } from '../fixtures/own-cache.ts'
import { messagesOf } from '../unit/messages-of.ts'
import { checkLeaks } from '../fixtures/leaks.ts'

/** What is said of damage while something is done. */
async function damageSaid(work: () => Promise<unknown>): Promise<string[]> {
  const said = await messagesOf<NoticeMessage>('fledge:notice', work)
  return said.map(({ message }) => message).filter((message) => message.includes('damaged'))
}

async function cut(path: string): Promise<void> {
  await truncate(path, (await stat(path)).size - 4096)
}

const openers = { image: openImage, prepared: openPreparedImage, template: openManifest } as const
const names = { image: 'image', prepared: 'prepared image', template: 'template' } as const

/** What can happen to an entry, and the file that is named then. */
const damages = [
  ['template', 'memory', (path: string) => flipBit(path, 0x100_0000)],
  ['template', 'memory', cut],
  ['template', 'devices', (path: string) => flipBit(path, 1_000)],
  ['template', 'side-memory', (path: string) => rm(path)],
  ['template', 'disk.qcow2', (path: string) => rm(path)],
  ['template', 'manifest.json', (path: string) => rm(path)],
  ['template', 'manifest.json', (path: string) => cutText(path)],
  ['template', 'manifest.json', (path: string) => writeFile(path, '\0\0\0')],
  ['prepared', 'disk.raw', (path: string) => flipBit(path, 1_080)],
  ['prepared', 'vmlinuz', cut],
  ['prepared', 'manifest.json', (path: string) => cutText(path)],
  ['image', 'disk.raw', (path: string) => flipBit(path, 0x100_0000)],
  ['image', 'initrd', (path: string) => rm(path)],
] as const

async function cutText(path: string): Promise<void> {
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.slice(0, text.length / 2))
}

test('what is damaged is not used, and said by its file', async () => {
  await using cache = await ownCache('template')
  await prepare(image)
  for (const [index, [kind, file, damage]] of damages.entries()) {
    // Beside the whole one, as its files are named from its folder.
    const copy = `${cache[kind]}-${index}`
    execFileSync('cp', ['-a', '--sparse=always', cache[kind], copy])
    await damage(join(copy, file))
    const said = await damageSaid(async () => expect(await openers[kind](copy)).toBeUndefined())
    expect(said).toEqual([`The ${names[kind]} "${copy}" was damaged (${file}); it is made again`])
    await rm(copy, { recursive: true })
  }
})

test('a prepared disk that is damaged is made again, and then the template on it', async () => {
  test.setTimeout(0)
  await using cache = await ownCache('template')
  await prepare(image)
  const disk = join(cache.prepared, 'disk.raw')
  const { ino } = await stat(disk)
  await flipBit(disk, 1_080)
  expect(await damageSaid(() => prepare(image))).toEqual([
    `The prepared image "${cache.prepared}" was damaged (disk.raw); it is made again`,
    expect.stringMatching(/^The template .* was damaged \(.*disk\.raw.*\); it is made again$/),
  ])
  expect((await stat(disk)).ino).not.toBe(ino)
  await expectWhole(cache)
})

test('an image that is damaged is built again', async () => {
  test.skip(!process.env['FLEDGE_TEST_ALL'], 'It takes a build; FLEDGE_TEST_ALL=1 runs it')
  test.setTimeout(0)
  await using cache = await ownCache('template')
  await prepare(image)
  await flipBit(join(cache.image, 'disk.raw'), 0x100_0000)
  expect(await damageSaid(() => prepare(image))).toEqual([
    `The image "${cache.image}" was damaged (disk.raw); it is made again`,
  ])
  await expectWhole(cache)
})

/** All of it is as it was written, and serves without a word. */
async function expectWhole({ prepared }: OwnCache): Promise<void> {
  const said = await damageSaid(async () => {
    expect((await prepare(image)).reused).toBe(true)
    await using vm = await launch(image)
    await vm.succeed('true')
  })
  expect(said).toEqual([])
  expect((await verifyCache()).flatMap(({ broken }) => broken)).toEqual([])
  expect(await openPreparedImage(prepared)).toBeDefined()
}

checkLeaks()
