import { connect, type Socket } from 'node:net'

import type { OwnedMachine } from '../owner/owned-machine.ts'
import { joinSockets } from '../util/join-sockets.ts'

/** How long QEMU may take to forward a port. */
const forwardMs = 10_000

const forwards = new WeakMap<OwnedMachine, Map<number, Promise<number>>>()

/** Connects a client to a port of a guest, through one that is forwarded from the loopback of this host. */
export async function relayPort(owned: OwnedMachine, guestPort: number, near: Socket): Promise<void> {
  const known = forwards.get(owned) ?? new Map<number, Promise<number>>()
  forwards.set(owned, known)
  const asked = { guestPort, hostPort: 0, protocol: 'tcp' } as const
  const forwarded = known.get(guestPort) ?? owned.forward(asked, AbortSignal.timeout(forwardMs))
  known.set(guestPort, forwarded)
  try {
    joinSockets(near, connect({ port: await forwarded, host: '127.0.0.1' }))
  } catch {
    known.delete(guestPort)
    near.destroy()
  }
}
