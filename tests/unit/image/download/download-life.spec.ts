import { once } from 'node:events'
import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, request as ask } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from '@playwright/test'

import { downloadFolder, downloadImage } from '../../../../src/image/download/download-image.ts'
import {
  chunked,
  digestOf,
  dropAfter,
  FileServer,
  serve,
  someDisk,
  stallAfter,
} from '../../../fixtures/file-server.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'
import { mountSmallDisk, whyNoMounts } from '../../../fixtures/mount.ts'
import { compileLibrary } from '../../compiled-library.ts'
import { buildOf, test } from './test-download.ts'

const disk = someDisk()
const half = disk.length / 2
const script = `
  const { downloadImage } = await library('image/download/download-image.js')
  console.log((await downloadImage('some:1', JSON.parse(process.argv[1]))).disk)`

test('downloadImage() asks once for ten processes', async ({ cached }) => {
  await using library = await compileLibrary()
  await using server = await FileServer.start(disk, (...asked) => {
    setTimeout(() => serve(...asked), 500)
  })
  const build = JSON.stringify(buildOf({ body: disk, url: server.url() }))
  const processes = Array.from({ length: 10 }, () => library.run(script, build))
  const codes = await Promise.all(processes.map(async (child) => (await once(child, 'close'))[0] as number))
  expect(codes).toEqual(Array.from({ length: 10 }, () => 0))
  expect(server.asked).toHaveLength(1)
  expect(await cached()).toHaveLength(1)
})

test('downloadImage() goes on with what a killed process has left', async ({ cached, environment }) => {
  environment['FLEDGE_TIME_FACTOR'] = '1'
  await using library = await compileLibrary()
  await using server = await FileServer.start(disk, stallAfter(half))
  const build = buildOf({ body: disk, url: server.url() })
  const part = `${downloadFolder('some:1', build)}.part`
  const child = library.run(script, JSON.stringify(build))
  const size = async (): Promise<number> => (await stat(part).catch(() => ({ size: 0 }))).size
  await expect.poll(size, { timeout: 20_000 }).toBeGreaterThanOrEqual(2 ** 20)
  child.kill('SIGKILL')
  await once(child, 'close')
  const left = await size()
  const { disk: path } = await downloadImage('some:1', build)
  expect(digestOf(await readFile(path))).toBe(digestOf(disk))
  expect(server.asked.at(-1)?.range).toBe(`bytes=${left}-`)
  // What it was filling is swept by who fills it next.
  expect(await cached()).toHaveLength(1)
})

test('downloadImage() keeps what came before it is aborted, and nothing under its name', async ({
  cached,
  environment,
}) => {
  environment['FLEDGE_TIME_FACTOR'] = '1'
  await using server = await FileServer.start(disk, stallAfter(half))
  const build = buildOf({ body: disk, url: server.url() })
  const controller = new AbortController()
  const downloading = downloadImage('some:1', build, { signal: controller.signal }).catch(
    (error: unknown) => error,
  )
  const part = `${downloadFolder('some:1', build)}.part`
  await expect.poll(async () => (await stat(part).catch(() => ({ size: 0 }))).size).toBeGreaterThan(0)
  controller.abort()
  expect(await downloading).toMatchObject({
    code: 'ERR_FLEDGE_ABORTED',
    message: expect.stringContaining('some:1'),
  })
  expect((await stat(part)).size).toBeGreaterThan(0)
  expect(await cached()).toEqual([expect.stringMatching(/\.part$/), expect.stringMatching(/\.part\.json$/)])
})

test('downloadImage() aborts while it waits for its next try', async ({ environment }) => {
  environment['FLEDGE_TIME_FACTOR'] = '1000'
  await using server = await FileServer.start(disk, dropAfter(0))
  const controller = new AbortController()
  const build = buildOf({ body: disk, url: server.url() })
  const downloading = downloadImage('some:1', build, { signal: controller.signal }).catch(
    (error: unknown) => error,
  )
  await expect.poll(() => server.asked.length).toBe(1)
  await sleep(100)
  controller.abort()
  expect(await downloading).toMatchObject({ code: 'ERR_FLEDGE_ABORTED' })
})

for (const [what, sizeKnown, asked] of [
  ['says so before it starts', true, 0],
  ['ends when it is full, and leaves nothing', false, 1],
] as const) {
  test(`downloadImage() to a disk that is too small ${what}`, async ({ cache, cached }) => {
    test.skip(whyNoMounts() !== undefined, whyNoMounts())
    using _ = mountSmallDisk(cache, 2)
    await using server = await FileServer.start(disk, chunked())
    const { bytes, ...unknown } = buildOf({ body: disk, url: server.url() })
    const build = sizeKnown ? { ...unknown, bytes: bytes ?? 0 } : unknown
    await expect(downloadImage('some:1', build)).rejects.toMatchObject({
      code: 'ERR_FLEDGE_DISK_FULL',
      message: expect.stringContaining(cache),
      hint: expect.stringMatching(sizeKnown ? /needs 4 MB/ : /needs up to/),
    })
    expect(server.asked).toHaveLength(asked)
    if (!sizeKnown) expect(await cached()).toEqual([])
  })
}

test('downloadImage() offline says what is missing and takes it from where that says', async ({
  folder,
  environment,
}) => {
  environment['FLEDGE_OFFLINE'] = '1'
  const url = 'https://a.example/disk.qcow2'
  const build = buildOf({ body: disk, url })
  const error: unknown = await downloadImage('some:1', build).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'ERR_FLEDGE_OFFLINE',
    message: expect.stringContaining('"some:1"'),
    hint: expect.stringContaining(`${url} (${disk.length} bytes, sha256 ${digestOf(disk)})`),
  })
  const place = /bring it here as "([^"]+)"/.exec((error as { hint: string }).hint)?.[1] ?? ''
  await writeFile(place, disk.subarray(0, half))
  await expect(downloadImage('some:1', build)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_OFFLINE',
    message: expect.stringContaining(`has ${half} bytes of it`),
  })
  await writeFile(place, someDisk())
  await expect(downloadImage('some:1', build)).rejects.toMatchObject({ code: 'ERR_FLEDGE_OFFLINE' })
  expect((await stat(place)).size).toBe(disk.length)
  await writeFile(join(folder, 'brought'), disk)
  await copyFile(join(folder, 'brought'), place)
  const image = await downloadImage('some:1', build)
  expect(digestOf(await readFile(image.disk))).toBe(digestOf(disk))
  // A file that nobody vouches for is taken by its name.
  const unsigned = { url, mirrors: [] }
  await mkdir(dirname(place), { recursive: true })
  await writeFile(`${downloadFolder('other:1', unsigned)}.part`, disk)
  expect((await downloadImage('other:1', unsigned)).digest).toBe(`sha256:${digestOf(disk)}`)
})

test('downloadImage() asks the proxy that the environment names, unless it is told not to', async ({
  environment,
}) => {
  await using server = await FileServer.start(disk)
  const proxied: string[] = []
  const proxy = createServer((request, response) => {
    proxied.push(request.url ?? '')
    // It is asked for the whole address, and asks itself for the rest of it.
    const { pathname } = new URL(request.url ?? '')
    ask({ port: server.port, path: pathname, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    }).end()
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  environment['HTTP_PROXY'] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  try {
    const url = 'http://mirror.invalid/disk.qcow2'
    const image = await downloadImage('some:1', buildOf({ body: disk, url }))
    expect(digestOf(await readFile(image.disk))).toBe(digestOf(disk))
    expect(proxied).toEqual([url])
    environment['NO_PROXY'] = 'localhost,127.0.0.1'
    await downloadImage('some:2', buildOf({ body: disk, url: server.url() }))
    expect(proxied).toHaveLength(1)
    expect(server.asked).toHaveLength(2)
  } finally {
    proxy.closeAllConnections()
    await new Promise((closed) => proxy.close(closed))
  }
})

checkLeaks()
