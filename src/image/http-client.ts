import type { Readable } from 'node:stream'

import type { Dispatcher } from 'undici'

import { hasCode } from '../util/has-code.ts'

/** What to try when nothing comes through. */
export const proxyHint = 'Proxies are taken from HTTPS_PROXY, HTTP_PROXY and NO_PROXY'

/** What a server says of a file before it sends it. */
export interface Answer {
  readonly status: number
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** How a file is asked for. */
export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** Where an address is to be found; by default, there. */
  readonly locate?: (url: string) => string
}

/** A server's answer, whose body was not read yet. */
export interface Response extends Answer, AsyncDisposable {
  /** Where it came from, after redirects. */
  readonly url: string
  /** The next bytes, or nothing at the end. */
  next(): Promise<Uint8Array | undefined>
}

/** What is sent. */
export interface Upload {
  readonly content: Uint8Array | Readable
  readonly bytes: number
}

/** Something went wrong between us and a server. */
export class NetworkError extends Error {
  override name = 'NetworkError'
  /** Whether it may go better at the next try. */
  readonly passing: boolean

  constructor(message: string, passing: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.passing = passing
  }
}

const mostRedirects = 10

/** Asks servers for files, through the proxies that the environment names. */
export class HttpClient implements AsyncDisposable {
  readonly #stallMs: number
  #dispatcher: Promise<Dispatcher> | undefined

  /** @param stallMs how long a server may say nothing */
  constructor(stallMs: number) {
    this.#stallMs = stallMs
  }

  /** Asks for a file, and follows redirects, but not from HTTPS to less. @throws NetworkError */
  async get(url: string, options: GetOptions): Promise<Response> {
    let at = url
    let asked = options
    for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
      const response = await this.#ask(at, asked)
      const { location } = response.headers
      if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return response
      await response[Symbol.asyncDispose]()
      const to = target(at, location)
      // A password is for the server that it was given for.
      if (new URL(to).origin !== new URL(at).origin)
        asked = { ...asked, headers: withoutPassword(asked.headers) }
      at = to
    }
    throw new NetworkError(`the server redirects more than ${mostRedirects} times`, false)
  }

  /** Sends a file to a place of its own, and gives the server's status. @throws NetworkError */
  async put(url: string, { content, bytes }: Upload, options: Omit<GetOptions, 'locate'>): Promise<number> {
    const headers = { ...options.headers, 'content-length': `${bytes}` }
    await using response = await this.#ask(url, { ...options, headers }, content)
    return response.status
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#dispatcher)?.destroy()
  }

  async #ask(
    url: string,
    { headers, signal, locate = (each) => each }: GetOptions,
    upload?: Upload['content'],
  ): Promise<Response> {
    // Loaded for the few who download: every launch comes by here.
    const { request } = await import('undici')
    this.#dispatcher ??= connections(this.#stallMs)
    const told = await request(locate(url), {
      dispatcher: await this.#dispatcher,
      ...(upload === undefined ? {} : { method: 'PUT', body: upload }),
      headers: { 'user-agent': 'fledge', 'accept-encoding': 'identity', ...headers },
      signal,
    }).catch((error: unknown) => this.#fail(error, signal))
    const chunks: AsyncIterator<Uint8Array> = told.body[Symbol.asyncIterator]()
    return {
      url,
      status: told.statusCode,
      headers: Object.fromEntries(
        Object.entries(told.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
      ),
      next: async () => {
        const { done, value } = await chunks.next().catch((error: unknown) => this.#fail(error, signal))
        return done ? undefined : value
      },
      [Symbol.asyncDispose]: async () => {
        // It fails when it is cut off, which is what is wanted.
        told.body.on('error', () => {}).destroy()
      },
    }
  }

  #fail(error: unknown, signal: AbortSignal): never {
    signal.throwIfAborted()
    throw explain(error, this.#stallMs)
  }
}

async function connections(stallMs: number): Promise<Dispatcher> {
  const { EnvHttpProxyAgent } = await import('undici')
  return new EnvHttpProxyAgent({
    connect: { timeout: stallMs },
    headersTimeout: stallMs,
    bodyTimeout: stallMs,
    // Plain HTTP is asked of a proxy as it always was; many allow tunnels to port 443 only.
    proxyTunnel: false,
  })
}

function withoutPassword(headers: GetOptions['headers'] = {}): NonNullable<GetOptions['headers']> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'),
  )
}

function target(from: string, location: string): string {
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined
  if (to?.protocol === 'https:' || (to?.protocol === 'http:' && from.startsWith('http:'))) return to.href
  const why =
    to?.protocol === 'http:'
      ? 'and nobody vouches for what comes without HTTPS'
      : 'which is no place to download from'
  throw new NetworkError(`the server redirects to "${location}", ${why}`, false)
}

const silent = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']

function explain(error: unknown, stallMs: number): NetworkError {
  const message = innermost(error)
  if (silent.some((code) => hasCode(error, code))) {
    return new NetworkError(`nothing came for ${stallMs / 1_000} s`, true, error)
  }
  if (hasCode(error, 'ENOTFOUND'))
    return new NetworkError(`the host's name is not known (${message})`, false, error)
  if (/when HTTP Tunneling/.test(message)) {
    return new NetworkError(`the proxy refuses (${message})`, false, error)
  }
  const isUntrusted = /certificate|self.signed|altname/i.test(`${message} ${codeOf(error)}`)
  return new NetworkError(`the connection fails (${message})`, !isUntrusted, error)
}

/** Node tells of several addresses that all fail in the errors within one without words. */
function innermost(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
