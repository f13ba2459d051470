import { createServer, type IncomingMessage, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { type OpenWeb, openWeb, type WebOptions } from '../../../../src/image/catalog/updates/web.ts'

/** What is at an address; null is a server that says nothing. */
type Answer =
  | string
  | Uint8Array
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | null

/** All addresses that there are; an answer may depend on how often it was asked for before. */
export type Pages = Readonly<Record<string, Answer | ((before: number) => Answer)>>

export interface LocalWeb extends AsyncDisposable {
  readonly web: OpenWeb
  readonly options: WebOptions
  /** The addresses that were asked for, in order. */
  readonly requests: readonly string[]
}

/** Stands for the web: a server that has what is at some addresses, and nothing else. */
export async function localWeb(pages: Pages, options: WebOptions = {}): Promise<LocalWeb> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    const url = addressOf(request)
    const page = pages[url]
    const before = requests.filter((each) => each === url).length
    requests.push(url)
    const answer = typeof page === 'function' ? page(before) : page
    if (answer === null) return
    if (answer === undefined) response.writeHead(404).end('not found')
    else if (typeof answer === 'string' || answer instanceof Uint8Array) response.end(answer)
    else response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const locate = (url: string): string => `http://127.0.0.1:${port}/${encodeURIComponent(url)}`
  const all = { pauseMs: 1, locate, ...options }
  const web = openWeb(all)
  return {
    web,
    options: all,
    requests,
    async [Symbol.asyncDispose]() {
      await web[Symbol.asyncDispose]()
      await close(server)
    },
  }
}

function addressOf({ url = '' }: IncomingMessage): string {
  return decodeURIComponent(url.slice(1))
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}
