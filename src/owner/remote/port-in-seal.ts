import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'

import { MisuseError } from '../../errors.ts'
import type { HostForward } from '../../qemu/host-forward.ts'
import { joinSockets } from '../../util/join-sockets.ts'
import type { MachineDescription } from './machine-description.ts'
import { openSocket } from './open-socket.ts'

/**
 * Forwards a port of the loopback of a seal, which no QEMU can listen on: by a server in this process, whose connections go on over the
 * owner's socket.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` for UDP; the system's error for a port that is taken
 */
export async function portInSeal(
  path: string,
  { id, run, name }: MachineDescription,
  { guestPort, hostPort, protocol }: HostForward,
): Promise<Server> {
  if (protocol !== 'tcp') {
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot forward a port of UDP to "${name}" in a sealed run`, {
      hint: 'Send from a command in the machine, or from another machine',
    })
  }
  const server = createServer({ pauseOnConnect: true }, (near) => {
    near.on('error', () => {})
    openSocket(path, { open: 'port', machine: id, run, guestPort }).then(
      (far) => joinSockets(near, far),
      // As a guest that has nothing on that port.
      () => near.destroy(),
    )
  })
  server.listen(hostPort, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** The port that a server was given. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
