import type { Duplex } from 'node:stream'

import type { OwnedMachine } from '../owner/owned-machine.ts'

/** How much may wait for a client that does not read, in bytes. */
const mostWaiting = 8 << 20

/** Lets another process read a machine's serial console, from what is kept of it on, and type on it. */
export function relaySerial(owned: OwnedMachine, stream: Duplex): void {
  stream.write(owned.console.text())
  const forget = owned.console.onAppend((bytes) => {
    stream.write(bytes)
    // A guest that floods its console must not fill our memory.
    if (stream.writableLength > mostWaiting) stream.destroy()
  })
  stream.on('close', forget)
  stream.on('data', (bytes: Buffer) => void owned.writeConsole(bytes))
}
