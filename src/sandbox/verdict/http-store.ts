import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { HttpClient, type Response } from '../../image/http-client.ts'
import { factorFromEnvironment } from '../../util/time-factor.ts'
import type { FileStore } from './file-store.ts'

/** How long a server may say nothing, in milliseconds. */
const stallMs = 10_000
/** No entry is larger. */
const mostText = 64 * 2 ** 20

/** A server does not keep files as it has to. */
class StoreError extends Error {
  override name = 'StoreError'
}

/**
 * Keeps files on a server that knows GET and PUT, all in one folder: each is asked for and sent as `URL/NAME`. A user and a password in
 * the address are sent as HTTP's own.
 */
export async function httpStore(address: string, signal: AbortSignal): Promise<FileStore> {
  const url = new URL(address)
  const { username, password } = url
  const user = [username, password].map(decodeURIComponent).join(':')
  const headers = username === '' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` }
  Object.assign(url, { username: '', password: '' })
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  const place = url.href
  const client = new HttpClient(stallMs * factorFromEnvironment())
  const folder = await mkdtemp(join(tmpdir(), 'fledge-verdicts-'))
  const at = (name: string): string => new URL(name, place).href + url.search

  async function get(name: string): Promise<Response | undefined> {
    const response = await client.get(at(name), { headers, signal })
    if (response.status === 200) return response
    await response[Symbol.asyncDispose]()
    if (response.status === 404) return undefined
    throw new StoreError(`the server answers ${response.status}`)
  }

  return {
    place,
    read: async (name) => {
      await using response = await get(name)
      if (!response) return undefined
      const parts: Uint8Array[] = []
      let bytes = 0
      for (let part; (part = await response.next()) !== undefined;) {
        parts.push(part)
        bytes += part.length
        if (bytes > mostText) throw new StoreError(`"${name}" is larger than any verdict`)
      }
      return Buffer.concat(parts).toString('utf8')
    },
    fetch: async (name) => {
      await using response = await get(name)
      if (!response) return undefined
      const path = join(folder, name)
      await using file = await open(path, 'w')
      for (let part; (part = await response.next()) !== undefined;) await file.writeFile(part)
      return path
    },
    write: async (name, content) => {
      const status = await client.put(at(name), await uploadOf(content), { headers, signal })
      if (status < 200 || status > 299) throw new StoreError(`the server answers ${status} to PUT`)
    },
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function uploadOf(
  content: Parameters<FileStore['write']>[1],
): Promise<Parameters<HttpClient['put']>[1]> {
  if ('path' in content) {
    return { content: createReadStream(content.path), bytes: (await stat(content.path)).size }
  }
  const text = Buffer.from(content.text)
  return { content: text, bytes: text.length }
}
