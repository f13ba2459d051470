import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// A process of its own, so that it takes no time of who downloads: it serves one file, and prints its port.
const [, , path = ''] = process.argv
const { size } = await stat(path)
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-length': size })
  createReadStream(path, { highWaterMark: 2 ** 20 }).pipe(response)
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
// It goes with who started it.
process.stdin.resume().on('end', () => process.exit())
