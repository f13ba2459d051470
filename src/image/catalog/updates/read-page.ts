import { type Dispatcher, request } from 'undici'

import { EnvironmentError } from '../../../errors.ts'
import { indexFault } from './faults.ts'

/** A small file of the web. */
export interface Page {
  /** Where it was, after all redirects. */
  readonly url: string
  readonly bytes: Uint8Array
  /** Its bytes as UTF-8. */
  readonly text: string
}

/** The longest index, Ubuntu's, has some ten MiB. */
const mostBytes = 64 * 1024 ** 2
const mostRedirects = 10

/**
 * Reads a file over HTTPS; redirects are followed to nothing else.
 *
 * @throws EnvironmentError `ERR_FLEDGE_IMAGE_INDEX` when the server has none; other errors are of what may pass
 */
export async function readPage(
  agent: Dispatcher,
  url: string,
  options: {
    readonly accept: 'there' | 'any'
    readonly locate: (url: string) => string
    readonly signal: AbortSignal
  },
): Promise<Page> {
  const { accept, locate, signal } = options
  let address = url
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    requireHttps(address, url)
    const { statusCode, headers, body } = await request(locate(address), {
      dispatcher: agent,
      headers: { 'user-agent': 'fledge' },
      signal,
    })
    const { location } = headers
    if (statusCode >= 300 && statusCode < 400 && typeof location === 'string') {
      await body.dump()
      address = new URL(location, address).href
      continue
    }
    const bytes = await gather(body, url)
    if (statusCode >= 500 || statusCode === 429) throw new Error(`the server says ${statusCode}`)
    if (statusCode !== 200 && accept === 'there') throw indexFault(`Cannot read ${url}: HTTP ${statusCode}`)
    return { url: address, bytes, text: new TextDecoder().decode(bytes) }
  }
  throw indexFault(`Cannot read ${url}: it is redirected for ever`)
}

function requireHttps(address: string, url: string): void {
  if (address.startsWith('https://')) return
  const what =
    address === url ? `Cannot read ${url}` : `Cannot read ${url}, which is redirected to ${address}`
  throw new EnvironmentError('ERR_FLEDGE_DOWNLOAD', `${what}: nobody vouches for what comes without HTTPS`)
}

async function gather(body: AsyncIterable<Uint8Array>, url: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > mostBytes) throw indexFault(`${url} is larger than any index`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
