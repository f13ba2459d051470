import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import {
  type Download,
  downloadFolder,
  downloadImage,
} from '../../../../src/image/download/download-image.ts'
import type { NoticeMessage } from '../../../../src/util/notice.ts'
import {
  answer,
  chunked,
  digestOf,
  dropAfter,
  endAfter,
  FileServer,
  ignoreRange,
  lyingRange,
  type Misbehaviour,
  other,
  serve,
  someDisk,
  stallAfter,
  wrongRange,
} from '../../../fixtures/file-server.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'
import { messagesOf } from '../../messages-of.ts'
import { buildOf, test } from './test-download.ts'

const disk = someDisk()
const half = disk.length / 2
const rest = (from: number): string => `bytes=${from}-`

test('downloadImage() downloads once, and finds it again without a server', async ({ cached }) => {
  const server = await FileServer.start(disk)
  const build = buildOf({ body: disk, url: server.url() })
  const image = await downloadImage('some:1', build)
  await server[Symbol.asyncDispose]()
  expect(image).toMatchObject({
    name: 'some:1',
    format: 'qcow2',
    digest: `sha256:${digestOf(disk)}`,
    url: build.url,
  })
  expect(digestOf(await readFile(image.disk))).toBe(digestOf(disk))
  expect((await stat(image.disk)).mode & 0o222).toBe(0)
  expect(await downloadImage('some:1', build)).toEqual(image)
  expect(await cached()).toEqual([expect.stringMatching(/^some-1-[0-9a-f]{12}$/)])
  expect(server.asked).toEqual([{ url: '/disk.qcow2' }])
})

/** What a server does first, what is asked of it then, and what is known of the file. */
const recoveries: readonly {
  readonly what: string
  readonly script: readonly Misbehaviour[]
  readonly ranges: readonly (string | undefined)[]
  readonly sizeKnown?: boolean
}[] = [
  { what: 'drops the connection', script: [dropAfter(half)], ranges: [undefined, 'rest'] },
  {
    what: 'drops it again and again',
    script: [dropAfter(half), dropAfter(0), dropAfter(0)],
    ranges: [undefined, 'rest', 'rest', 'rest'],
  },
  {
    what: 'drops it before it answers',
    script: [(request) => void request.destroy()],
    ranges: [undefined, undefined],
  },
  { what: 'says nothing any more', script: [stallAfter(half)], ranges: [undefined, 'rest'] },
  { what: 'says nothing at all', script: [() => {}], ranges: [undefined, undefined] },
  { what: 'is at fault', script: [answer(500), answer(502)], ranges: [undefined, undefined, undefined] },
  {
    what: 'has too much to do',
    script: [answer(429, { 'retry-after': '1' })],
    ranges: [undefined, undefined],
  },
  { what: 'does not know ranges', script: [dropAfter(half), ignoreRange], ranges: [undefined, 'rest'] },
  {
    what: 'goes on from elsewhere',
    script: [dropAfter(half), wrongRange],
    ranges: [undefined, 'rest', undefined],
  },
  {
    what: 'goes on with the wrong bytes',
    script: [dropAfter(half), lyingRange],
    ranges: [undefined, 'rest', undefined],
  },
  {
    what: 'has no such rest',
    script: [dropAfter(half), answer(416)],
    ranges: [undefined, 'rest', undefined],
  },
  { what: 'tells no length', script: [chunked()], ranges: [undefined] },
  {
    what: 'tells no length, nor does anyone',
    script: [chunked()],
    ranges: [undefined],
    sizeKnown: false,
  },
  { what: 'ends too early without a word', script: [endAfter(half)], ranges: [undefined, 'rest'] },
]

for (const { what, script, ranges, sizeKnown = true } of recoveries) {
  test(`downloadImage() gets the file from a server that ${what}`, async ({ cached }) => {
    await using server = await FileServer.start(disk, ...script)
    const { bytes: _, ...unknown } = buildOf({ body: disk, url: server.url() })
    const image = await downloadImage('some:1', sizeKnown ? { ...unknown, bytes: disk.length } : unknown)
    expect(digestOf(await readFile(image.disk))).toBe(digestOf(disk))
    expect(server.asked.map(({ range }) => range)).toEqual(
      ranges.map((range) => (range === undefined ? undefined : expect.stringMatching(/^bytes=[1-9]\d+-$/))),
    )
    expect(await cached()).toHaveLength(1)
  })
}

test('downloadImage() goes on with If-Range, in a later call too', async ({ cached }) => {
  await using server = await FileServer.start(
    disk,
    dropAfter(half),
    ...Array.from({ length: 4 }, () => answer(503)),
  )
  const build = buildOf({ body: disk, url: server.url() })
  await expect(downloadImage('some:1', build)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_DOWNLOAD',
    message: expect.stringContaining(`${build.url}: the server answers with status 503`),
    hint: expect.stringContaining('goes on where it broke off'),
  })
  const part = (await cached()).find((name) => name.endsWith('.part')) ?? ''
  expect(await cached()).toEqual([part, `${part}.json`])
  const { size } = await stat(`${downloadFolder('some:1', build)}.part`)
  expect(size).toBeGreaterThan(0)
  await downloadImage('some:1', build)
  expect(server.asked.at(-1)).toEqual({
    url: '/disk.qcow2',
    range: rest(size),
    ifRange: expect.stringMatching(/^"[0-9a-f]{16}"$/),
  })
  expect(await cached()).toEqual([part.replace('.part', '')])
})

test('downloadImage() begins anew when the file on the server has changed, as nothing else tells', async () => {
  const newer = someDisk()
  await using server = await FileServer.start(disk, dropAfter(half), other(newer))
  const image = await downloadImage('some:1', { url: server.url(), mirrors: [] })
  expect(digestOf(await readFile(image.disk))).toBe(digestOf(newer))
  expect(image.digest).toBe(`sha256:${digestOf(newer)}`)
  expect(server.asked.map(({ range }) => range !== undefined)).toEqual([false, true])
})

test('downloadImage() says once that nothing vouches for a file without a digest', async () => {
  await using server = await FileServer.start(disk)
  const messages = await messagesOf<NoticeMessage>('fledge:notice', async () => {
    await downloadImage('unsigned:1', { url: server.url(), mirrors: [] })
  })
  expect(messages).toEqual([{ message: expect.stringContaining('"unsigned:1"') }])
})

test('downloadImage() compares both digests where both are pinned', async () => {
  await using server = await FileServer.start(disk)
  const good = buildOf({ body: disk, url: server.url() }, { sha512: digestOf(disk, 'sha512').toUpperCase() })
  const bad = { ...good, sha512: '0'.repeat(128) }
  await expect(downloadImage('some:1', bad)).rejects.toMatchObject({ code: 'ERR_FLEDGE_DIGEST' })
  expect((await downloadImage('some:1', good)).digest).toBe(`sha256:${digestOf(disk)}`)
})

test('downloadImage() refuses a wrong file, names both digests, and keeps nothing of it', async ({
  cached,
}) => {
  const wrong = someDisk()
  await using server = await FileServer.start(wrong)
  const build = buildOf({ body: disk, url: server.url() })
  await expect(downloadImage('some:1', build)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_DIGEST',
    message: expect.stringMatching(
      new RegExp(`its sha256 is ${digestOf(wrong)}, and ${digestOf(disk)} is expected`),
    ),
    hint: expect.stringContaining('fledge images update'),
  })
  expect(server.asked).toHaveLength(1)
  expect(await cached()).toEqual([])
})

/** What the first place does, whose place the second takes. */
const refusals: readonly (readonly [what: string, Misbehaviour])[] = [
  ['has another file', other(someDisk())],
  ['has another size', other(someDisk(1024))],
  ['sends too much', chunked(1)],
  ['has removed it', answer(404)],
  ['keeps it for others', answer(403)],
  ['wants to be left alone for long', answer(503, { 'retry-after': '86400' })],
  [
    'redirects in a circle',
    (request, response) => void response.writeHead(302, { location: request.url }).end(),
  ],
  ['redirects to a file of this host', answer(302, { location: 'file:///etc/passwd' })],
]

for (const [what, misbehaviour] of refusals) {
  test(`downloadImage() tries the next place when one ${what}`, async ({ cached }) => {
    await using one = await FileServer.start(disk, ...Array.from({ length: 20 }, () => misbehaviour))
    await using two = await FileServer.start(disk)
    const image = await downloadImage(
      'some:1',
      buildOf({ body: disk, url: one.url() }, { mirrors: [two.url()] }),
    )
    expect(digestOf(await readFile(image.disk))).toBe(digestOf(disk))
    expect(two.asked).toEqual([{ url: '/disk.qcow2' }])
    expect(await cached()).toHaveLength(1)
  })
}

for (const [what, ...script] of [
  ['removed it meanwhile', dropAfter(half), answer(404)],
  ['cannot go on', dropAfter(half), answer(416), dropAfter(half), answer(416)],
] as const) {
  test(`downloadImage() goes on at the next place with what one sent that ${what}`, async () => {
    await using one = await FileServer.start(disk, ...script)
    await using two = await FileServer.start(disk)
    const build = buildOf({ body: disk, url: one.url() }, { mirrors: [two.url()] })
    const image = await downloadImage('some:1', build)
    expect(digestOf(await readFile(image.disk))).toBe(digestOf(disk))
    expect(one.asked).toHaveLength(script.length)
    // The digest is what tells that it is the same file: the other place has tags of its own.
    expect(two.asked).toEqual([{ url: '/disk.qcow2', range: expect.stringMatching(/^bytes=\d+-$/) }])
  })
}

test('downloadImage() follows redirects, with the range', async () => {
  await using server = await FileServer.start(
    disk,
    dropAfter(half),
    answer(301, { location: '/elsewhere' }),
    answer(307, { location: 'elsewhere/still' }),
  )
  const image = await downloadImage('some:1', buildOf({ body: disk, url: server.url() }))
  expect(digestOf(await readFile(image.disk))).toBe(digestOf(disk))
  expect(server.asked.map(({ url }) => url)).toEqual([
    '/disk.qcow2',
    '/disk.qcow2',
    '/elsewhere',
    '/elsewhere/still',
  ])
  expect(server.asked.at(-1)?.range).toMatch(/^bytes=\d+-$/)
})

for (const [name, says, hint] of [
  ['some:1', 'its distribution has removed this build', '"fledge images update"'],
  ['https://a.example/disk.qcow2', 'the file does not exist', 'Check the address'],
] as const) {
  test(`downloadImage() of ${name} says what to do when all places have removed it`, async () => {
    await using server = await FileServer.start(disk, answer(404), answer(410))
    const build = buildOf({ body: disk, url: server.url() }, { mirrors: [server.url('other')] })
    await expect(downloadImage(name, build)).rejects.toMatchObject({
      code: 'ERR_FLEDGE_DOWNLOAD',
      message: expect.stringMatching(new RegExp(`${says}\n.*/disk.qcow2: .*404.*\n.*/other: .*410`)),
      hint: expect.stringContaining(hint),
    })
  })
}

test('downloadImage() tells why nothing can be reached', async () => {
  const server = await FileServer.start(disk)
  const url = server.url()
  await server[Symbol.asyncDispose]()
  const build = buildOf({ body: disk, url }, { mirrors: ['http://no-such-host.invalid/disk.qcow2'] })
  await expect(downloadImage('some:1', build)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_DOWNLOAD',
    message: expect.stringMatching(/ECONNREFUSED.*\n.*no-such-host\.invalid/),
    hint: expect.stringContaining('HTTPS_PROXY'),
  })
})

test('downloadImage() refuses what is no disk, and keeps nothing of it', async ({ cached }) => {
  const page = Buffer.from('<!DOCTYPE html>'.padEnd(1024))
  await using server = await FileServer.start(page)
  const build: Download = { url: server.url(), mirrors: [] }
  await expect(downloadImage('some:1', build)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_IMAGE_INVALID',
    message: expect.stringContaining('a web page'),
  })
  server.body = disk
  await expect(
    downloadImage('some:1', buildOf({ body: disk, url: server.url() }, { format: 'raw' })),
  ).rejects.toMatchObject({
    code: 'ERR_FLEDGE_IMAGE_INVALID',
    message: expect.stringContaining('it is qcow2, not raw'),
  })
  expect(await cached()).toEqual([])
})

test('downloadImage() downloads again what was changed, and says so', async () => {
  await using server = await FileServer.start(disk)
  const build = buildOf({ body: disk, url: server.url() })
  const image = await downloadImage('some:1', build)
  const changed = Buffer.from(disk)
  changed[disk.length - 1] = (changed[disk.length - 1] ?? 0) ^ 1
  await chmod(image.disk, 0o644)
  await writeFile(image.disk, changed)
  const messages = await messagesOf<NoticeMessage>('fledge:notice', async () => {
    expect(digestOf(await readFile((await downloadImage('some:1', build)).disk))).toBe(digestOf(disk))
  })
  expect(messages[0]?.message).toContain('was damaged (disk.qcow2)')
  expect(server.asked).toHaveLength(2)
})

test('downloadImage() takes what is whole already without asking', async ({ cache }) => {
  await using server = await FileServer.start(disk, serve)
  const build = buildOf({ body: disk, url: server.url() })
  await mkdir(join(cache, 'downloads'), { recursive: true })
  await writeFile(`${downloadFolder('some:1', build)}.part`, disk)
  expect(digestOf(await readFile((await downloadImage('some:1', build)).disk))).toBe(digestOf(disk))
  expect(server.asked).toEqual([])
})

checkLeaks()
