import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that knows GET and PUT, and nothing else. */
export interface PutServer extends AsyncDisposable {
  readonly url: string
  readonly files: Map<string, Buffer>
  /** Each request, as `GET /name`. */
  readonly asked: string[]
  readonly headers: IncomingMessage['headers'][]
  /** Answers with this status, whatever is asked. */
  status: number | undefined
}

export async function putServer(): Promise<PutServer> {
  const files = new Map<string, Buffer>()
  const asked: string[] = []
  const headers: IncomingMessage['headers'][] = []
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '' } = request
    asked.push(`${method} ${url}`)
    headers.push(request.headers)
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const found = files.get(url)
    if (server.status !== undefined) response.writeHead(server.status).end()
    else if (method === 'PUT') {
      files.set(url, Buffer.concat(parts))
      response.writeHead(found ? 204 : 201).end()
    } else if (method === 'GET' && found) response.writeHead(200).end(found)
    else response.writeHead(method === 'GET' ? 404 : 405).end('<html>no</html>')
  }
  const http = createServer((request, response) => void answer(request, response))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const server: PutServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/verdicts`,
    files,
    asked,
    headers,
    status: undefined,
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections()
      await new Promise((closed) => http.close(closed))
    },
  }
  return server
}
