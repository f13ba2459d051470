import { EnvironmentError } from '../../../errors.ts'
import { type HttpClient, NetworkError, type Response } from '../../http-client.ts'
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

/**
 * Reads a file over HTTPS; redirects are followed to nothing else.
 *
 * @throws EnvironmentError `ERR_FLEDGE_IMAGE_INDEX` when the server has none; NetworkError for what stands
 * between us and it
 */
export async function readPage(
  client: HttpClient,
  url: string,
  options: {
    readonly accept: 'there' | 'any'
    readonly locate: (url: string) => string
    readonly signal: AbortSignal
  },
): Promise<Page> {
  const { accept, locate, signal } = options
  if (!url.startsWith('https://')) {
    throw new EnvironmentError(
      'ERR_FLEDGE_DOWNLOAD',
      `Cannot read ${url}: nobody vouches for what comes without HTTPS`,
    )
  }
  await using response = await client.get(url, { signal, locate })
  const { status } = response
  if (status >= 500 || status === 429) throw new NetworkError(`the server says ${status}`, true)
  if (status !== 200 && accept === 'there') throw indexFault(`Cannot read ${url}: HTTP ${status}`)
  const bytes = await gather(response, url)
  return { url: response.url, bytes, text: new TextDecoder().decode(bytes) }
}

async function gather(response: Response, url: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for (let chunk = await response.next(); chunk; chunk = await response.next()) {
    bytes += chunk.length
    if (bytes > mostBytes) throw indexFault(`${url} is larger than any index`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
