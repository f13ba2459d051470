import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../../fixtures/leaks.ts'
import { openWeb } from '../../../../src/image/catalog/updates/web.ts'
import { localWeb } from './local-web.ts'

const url = 'https://x.example.org/a/index'

test('a page is read once, and again for who starts afresh', async () => {
  await using local = await localWeb({ [url]: (before) => `${before}` })
  const texts = await Promise.all([1, 2, 3].map(async () => (await local.web.read(url)).text))
  expect(texts).toEqual(['0', '0', '0'])
  const afresh = local.web.afresh()
  expect((await afresh.read(url)).text).toBe('1')
  expect((await afresh.read(url)).text).toBe('1')
  expect((await local.web.read(url)).text).toBe('0')
})

for (const status of [500, 503, 429] as const) {
  test(`a server that says ${status} is asked three times`, async () => {
    const recovers = 'https://x.example.org/recovers'
    await using local = await localWeb({
      [url]: { status },
      [recovers]: (before) => (before < 2 ? { status } : 'well'),
    })
    expect((await local.web.read(recovers)).text).toBe('well')
    await expect(local.web.read(url)).rejects.toMatchObject({
      code: 'ERR_FLEDGE_DOWNLOAD',
      message: `Cannot read ${url}: the server says ${status}`,
      hint: expect.stringContaining('HTTPS_PROXY'),
    })
    expect(local.requests.filter((each) => each === url)).toHaveLength(3)
  })
}

for (const status of [204, 403, 404] as const) {
  test(`a server that says ${status} is asked once`, async () => {
    await using local = await localWeb({ [url]: { status } })
    await expect(local.web.read(url)).rejects.toMatchObject({
      code: 'ERR_FLEDGE_IMAGE_INDEX',
      message: `Cannot read ${url}: HTTP ${status}`,
    })
    expect(local.requests).toEqual([url])
  })
}

test('a server that says nothing is left after the time limit, three times', async () => {
  await using local = await localWeb({ [url]: null }, { timeoutMs: 500 })
  await expect(local.web.read(url)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    message: `${url} was not read within 0.5 s`,
  })
  expect(local.requests).toHaveLength(3)
})

test('who aborts need not wait, neither for an answer nor for the next try', async () => {
  for (const [answer, pauseMs] of [
    [null, 1],
    [{ status: 500 }, 100_000],
  ] as const) {
    const controller = new AbortController()
    const asked = (): typeof answer => {
      setTimeout(() => controller.abort(), 20)
      return answer
    }
    await using local = await localWeb({ [url]: asked }, { signal: controller.signal, pauseMs })
    await expect(local.web.read(url)).rejects.toMatchObject({ code: 'ERR_FLEDGE_ABORTED' })
    expect(local.requests).toHaveLength(1)
  }
})

test('nothing listening is said', async () => {
  await using web = openWeb({ locate: () => 'http://127.0.0.1:1/', pauseMs: 1 })
  await expect(web.read(url)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_DOWNLOAD',
    message: expect.stringMatching(/^Cannot read https:.*: .*127\.0\.0\.1:1/),
  })
})

test('redirects are followed, and the page says where it was', async () => {
  const there = 'https://mirror.example.org/b/'
  await using local = await localWeb({
    [url]: { status: 301, headers: { location: '/elsewhere' } },
    'https://x.example.org/elsewhere': { status: 302, headers: { location: there } },
    [there]: 'found',
  })
  expect(await local.web.read(url)).toMatchObject({ url: there, text: 'found' })
  expect(await local.web.destinationOf(url)).toBe(there)
})

test('redirects that never end are left', async () => {
  await using local = await localWeb({ [url]: { status: 302, headers: { location: url } } })
  await expect(local.web.read(url)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_DOWNLOAD',
    message: `Cannot read ${url}: the server redirects more than 10 times`,
  })
})

test('nothing is read without HTTPS', async () => {
  const plain = 'http://x.example.org/a/index'
  await using local = await localWeb({
    [plain]: 'not read',
    [url]: { status: 302, headers: { location: plain } },
  })
  for (const address of [plain, url]) {
    await expect(local.web.read(address)).rejects.toMatchObject({
      code: 'ERR_FLEDGE_DOWNLOAD',
      message: expect.stringContaining('without HTTPS'),
    })
  }
  expect(local.requests).toEqual([url])
})

test('a page that has no end is left', async () => {
  const server = createServer((_, response) => {
    const piece = Buffer.alloc(1024 ** 2)
    const write = (): void => {
      while (response.write(piece));
    }
    response.on('drain', write)
    write()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  {
    await using web = openWeb({ locate: () => `http://127.0.0.1:${port}/` })
    await expect(web.read(url)).rejects.toThrow(`${url} is larger than any index`)
  }
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

test('the proxy of the environment is asked, but for hosts that need none', async () => {
  const asked: string[] = []
  const proxy = createServer()
    .on('connect', (request, socket) => {
      asked.push(request.url ?? '')
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    })
    .listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const { port } = proxy.address() as AddressInfo
  const before = { https_proxy: process.env['https_proxy'], no_proxy: process.env['no_proxy'] }
  Object.assign(process.env, { https_proxy: `http://127.0.0.1:${port}`, no_proxy: '127.0.0.1' })
  try {
    await using web = openWeb({ pauseMs: 1 })
    await expect(web.read(url)).rejects.toMatchObject({ code: 'ERR_FLEDGE_DOWNLOAD' })
    // What it refuses once, it refuses.
    expect(asked).toEqual(['x.example.org:443'])
    await expect(web.read('https://127.0.0.1:1/')).rejects.toMatchObject({ code: 'ERR_FLEDGE_DOWNLOAD' })
    expect(asked).toHaveLength(1)
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    proxy.closeAllConnections()
    proxy.close()
    await once(proxy, 'close')
  }
})

checkLeaks()
