import { setTimeout as sleep } from 'node:timers/promises'

import { type Dispatcher, EnvHttpProxyAgent } from 'undici'

import { EnvironmentError, FledgeError } from '../../../errors.ts'
import { factorFromEnvironment } from '../../../util/time-factor.ts'
import { withDeadline } from '../../../util/with-deadline.ts'
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

/** Opens the web, by the proxy that `HTTPS_PROXY` and `NO_PROXY` name. */
export function openWeb(options: WebOptions = {}): OpenWeb {
  const agent = new EnvHttpProxyAgent()
  return {
    ...remembering(agent, options),
    afresh: () => remembering(agent, options),
    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}

function remembering(agent: Dispatcher, options: WebOptions): Web {
  const pages = new Map<string, Promise<Page>>()
  return {
    async read(url) {
      const page = pages.get(url) ?? tried(agent, url, 'there', options)
      pages.set(url, page)
      return page
    },
    destinationOf: async (url) => (await tried(agent, url, 'any', options)).url,
  }
}

/** Tries again what may pass: a server in trouble, a connection that broke, silence. */
async function tried(
  agent: Dispatcher,
  url: string,
  accept: 'there' | 'any',
  options: WebOptions,
): Promise<Page> {
  const { signal, locate = (each) => each, pauseMs = 1_000 } = options
  const timeoutMs = options.timeoutMs ?? 60_000 * factorFromEnvironment()
  const onTimeout = (): FledgeError =>
    new FledgeError('ERR_FLEDGE_TIMEOUT', `${url} was not read within ${timeoutMs / 1_000} s`)
  for (let attempt = 1; ; attempt++) {
    try {
      return await withDeadline({ timeoutMs, signal, onTimeout }, (within) =>
        readPage(agent, url, { accept, locate, signal: within }),
      )
    } catch (error) {
      const passing = !(error instanceof FledgeError) || error.code === 'ERR_FLEDGE_TIMEOUT'
      if (!passing) throw error
      if (attempt === tries) throw error instanceof FledgeError ? error : unreachable(url, error)
      // Who aborts meanwhile gets that error from the next try.
      await sleep(pauseMs * attempt, undefined, signal ? { signal } : {}).catch(() => {})
    }
  }
}

function unreachable(url: string, cause: unknown): FledgeError {
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause)
  return new EnvironmentError('ERR_FLEDGE_DOWNLOAD', `Cannot read ${url}: ${reason}`, {
    cause,
    hint: 'Check the network of this host; HTTPS_PROXY names a proxy',
  })
}
