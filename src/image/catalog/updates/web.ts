import { setTimeout as sleep } from 'node:timers/promises'

import { EnvironmentError, FledgeError } from '../../../errors.ts'
import { factorFromEnvironment } from '../../../util/time-factor.ts'
import { withDeadline } from '../../../util/with-deadline.ts'
import { HttpClient, NetworkError, proxyHint } from '../../http-client.ts'
import { type Page, readPage } from './read-page.ts'

/** Reads small files from the web, each once. */
export interface Web {
  /** @throws EnvironmentError `ERR_FLEDGE_IMAGE_INDEX` when there is none; `ERR_FLEDGE_DOWNLOAD`, `ERR_FLEDGE_TIMEOUT` */
  read(url: string): Promise<Page>
  /** Where redirects lead to, whatever is there. */
  destinationOf(url: string): Promise<string>
}

/** A {@link Web} with its connections. */
export interface OpenWeb extends Web, AsyncDisposable {
  /** The same without a memory of what was read. */
  afresh(): Web
}

export interface WebOptions {
  readonly signal?: AbortSignal
  /** Where an address is to be found; by default, there. */
  readonly locate?: (url: string) => string
  /** Milliseconds that one try may take, 60 000 by default. */
  readonly timeoutMs?: number
  /** Milliseconds before the second of three tries, 1 000 by default; twice as many before the third. */
  readonly pauseMs?: number
}

const tries = 3

/** Opens the web. */
export function openWeb(options: WebOptions = {}): OpenWeb {
  const client = new HttpClient(timeoutOf(options))
  return {
    ...remembering(client, options),
    afresh: () => remembering(client, options),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  }
}

function timeoutOf({ timeoutMs }: WebOptions): number {
  return timeoutMs ?? 60_000 * factorFromEnvironment()
}

function remembering(client: HttpClient, options: WebOptions): Web {
  const pages = new Map<string, Promise<Page>>()
  return {
    async read(url) {
      const page = pages.get(url) ?? tried(client, url, 'there', options)
      pages.set(url, page)
      return page
    },
    destinationOf: async (url) => (await tried(client, url, 'any', options)).url,
  }
}

/** Tries again what may pass: a server in trouble, a connection that broke, silence. */
async function tried(
  client: HttpClient,
  url: string,
  accept: 'there' | 'any',
  options: WebOptions,
): Promise<Page> {
  const { signal, locate = (each) => each, pauseMs = 1_000 } = options
  const timeoutMs = timeoutOf(options)
  const onTimeout = (): FledgeError =>
    new FledgeError('ERR_FLEDGE_TIMEOUT', `${url} was not read within ${timeoutMs / 1_000} s`)
  for (let attempt = 1; ; attempt++) {
    try {
      return await withDeadline({ timeoutMs, signal, onTimeout }, (within) =>
        readPage(client, url, { accept, locate, signal: within }),
      )
    } catch (error) {
      if (!isPassing(error) || attempt === tries)
        throw error instanceof NetworkError ? unreachable(url, error) : error
      // Who aborts meanwhile gets that error from the next try.
      await sleep(pauseMs * attempt, undefined, signal ? { signal } : {}).catch(() => {})
    }
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof NetworkError) return error.passing
  return error instanceof FledgeError && error.code === 'ERR_FLEDGE_TIMEOUT'
}

function unreachable(url: string, cause: NetworkError): FledgeError {
  return new EnvironmentError('ERR_FLEDGE_DOWNLOAD', `Cannot read ${url}: ${cause.message}`, {
    cause,
    hint: `Check the network of this host. ${proxyHint}`,
  })
}
