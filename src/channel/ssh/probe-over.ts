import type { Client } from 'ssh2'

import { GuestError } from '../../errors.ts'
import type { ProbeRequest, ProbeResult } from '../probe.ts'

/** Of RFC 4254, section 5.1: the server may not, or could not connect. */
const reasons = { prohibited: 1, connectFailed: 2 } as const

/** Knocks from within the guest, by asking its SSH server to connect: no program of the guest is needed. */
export function probeOver(client: Client, probe: ProbeRequest): Promise<ProbeResult> {
  const { kind, address, port = 0, timeoutMs = 1000 } = probe
  if (kind === 'datagram') {
    throw refused(address, 'SSH can connect to TCP ports and to stream sockets only')
  }
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve({ open: false, reason: 'ETIMEDOUT' }), timeoutMs)
    const answer = (error: (Error & { reason?: number | string }) | undefined): void => {
      clearTimeout(timer)
      if (!error) resolve({ open: true })
      else if (error.reason === reasons.connectFailed) resolve({ open: false, reason: 'ECONNREFUSED' })
      else if (error.reason === reasons.prohibited)
        reject(refused(address, 'its SSH server forbids forwarding (AllowTcpForwarding)'))
      else reject(refused(address, error.message))
    }
    if (kind === 'tcp') {
      client.forwardOut('127.0.0.1', 0, address, port, (error, stream) => {
        answer(error)
        stream?.destroy()
      })
      return
    }
    client.openssh_forwardOutStreamLocal(address, (error, stream) => {
      answer(error)
      stream?.destroy()
    })
  })
}

function refused(address: string, why: string): GuestError {
  return new GuestError('ERR_FLEDGE_GUEST_REQUEST', `Cannot probe "${address}" over SSH: ${why}`)
}
