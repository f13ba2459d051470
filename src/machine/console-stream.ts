import { Duplex } from 'node:stream'

import type { OwnedMachine } from '../owner/owned-machine.ts'

/** How much waits for a reader that is slower than its machine. */
const waitingLimit = 1 << 20

const lost = Buffer.from('\r\n[what came meanwhile was not kept]\r\n')

/** The serial console of a machine, both ways, until the machine ends: what is kept of it so far, then what comes. */
export function consoleStream(owned: OwnedMachine): Duplex {
  const { console } = owned
  let [forget, forgetEnd] = [(): void => {}, (): void => {}]
  let isLosing = false
  const stream = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, done) {
      void type(owned, bytes, done)
    },
    destroy(error, done) {
      forget()
      forgetEnd()
      done(error)
    },
  })
  const push = (bytes: Buffer): void => {
    const wasLosing = isLosing
    isLosing = stream.readableLength > waitingLimit
    if (isLosing) return
    if (wasLosing) stream.push(lost)
    stream.push(bytes)
  }
  stream.push(console.bytes())
  if (owned.over) {
    stream.push(null)
    return stream
  }
  forget = console.onAppend(push)
  forgetEnd = owned.onEnd(() => {
    forget()
    stream.push(null)
  })
  return stream
}

/** What keeps it from being written is the machine's end, with which the stream ends too. */
async function type(owned: OwnedMachine, bytes: Buffer, done: () => void): Promise<void> {
  await owned.writeConsole(bytes)
  done()
}
