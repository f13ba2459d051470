import { once } from 'node:events'
import type { Socket } from 'node:net'

/** The longest first line, in bytes. */
const longest = 4096

/**
 * Reads the first line of a socket that nobody reads yet, and leaves what follows to who reads on.
 *
 * @returns nothing when the other side goes before its end, or the line is too long
 */
export async function firstLine(socket: Socket): Promise<string | undefined> {
  let gathered = Buffer.alloc(0)
  for (;;) {
    const bytes = socket.read() as Buffer | null
    if (bytes !== null) gathered = Buffer.concat([gathered, bytes])
    const end = gathered.indexOf(10)
    if (end >= 0) {
      if (end + 1 < gathered.length) socket.unshift(gathered.subarray(end + 1))
      return gathered.subarray(0, end).toString('utf8')
    }
    if (gathered.length > longest || socket.readableEnded || socket.destroyed) return undefined
    if (bytes === null) await change(socket)
  }
}

/** Waits until there is something to read, or nothing will come any more. */
async function change(socket: Socket): Promise<void> {
  const over = new AbortController()
  const { signal } = over
  try {
    await Promise.race(['readable', 'end', 'close'].map((event) => once(socket, event, { signal })))
  } catch (error) {
    // It failed, and is destroyed by now.
    if (!socket.destroyed) throw error
  } finally {
    over.abort()
  }
}
