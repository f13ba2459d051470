import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'

// A process of its own, so that it takes no time of who downloads: it serves one file, at so many MB/s if that is said, and prints its
// port.
const [, , path = '', limitMBs] = process.argv
const { size } = await stat(path)

async function* paced(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const start = performance.now()
  let sent = 0
  for await (const chunk of chunks) {
    sent += chunk.length
    const aheadMs = start + sent / 1000 / Number(limitMBs) - performance.now()
    if (aheadMs >= 1) await sleep(aheadMs)
    yield chunk
  }
}

const server = createServer((_, response) => {
  response.writeHead(200, { 'content-length': size })
  const file = createReadStream(path, { highWaterMark: 2 ** 20 })
  if (limitMBs === undefined) file.pipe(response)
  // Who has all bytes may leave before the end of the answer.
  else pipeline(file, paced, response).catch(() => response.destroy())
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
// It goes with who started it.
process.stdin.resume().on('end', () => process.exit())
