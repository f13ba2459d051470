import { EnvironmentError } from '../errors.ts'
import type { QmpClient } from './qmp-client.ts'

/** A port of 127.0.0.1 that leads to one of the guest's first NIC. */
export interface HostForward {
  readonly guestPort: number
  /** 0 for a free one, which QEMU itself finds, so that nobody can take it meanwhile. */
  readonly hostPort: number
  readonly protocol: 'tcp' | 'udp'
}

/**
 * Forwards a port until the machine ends. A guest that reaches nothing, by `restrict` of its network, can be reached so as well.
 *
 * @returns the port of the host
 */
export async function addHostForward(
  qmp: QmpClient,
  { guestPort, hostPort, protocol }: HostForward,
  signal: AbortSignal,
): Promise<number> {
  const command = `hostfwd_add net0 ${protocol}:127.0.0.1:${hostPort}-:${guestPort}`
  const answer = await qmp.run('human-monitor-command', { 'command-line': command }, { signal })
  if (answer.trim() !== '') {
    throw new EnvironmentError('ERR_FLEDGE_QEMU', `Cannot forward port ${hostPort}: ${answer.trim()}`, {
      hint: 'Leave hostPort out to get a free one',
    })
  }
  if (hostPort !== 0) return hostPort
  const forwards = await qmp.run('human-monitor-command', { 'command-line': 'info usernet' }, { signal })
  return lastForward(forwards, guestPort, protocol)
}

/** Reads `TCP[HOST_FORWARD]  12        127.0.0.1 40521       10.0.2.15    80    0     0` from `info usernet`. */
export function lastForward(table: string, guestPort: number, protocol: 'tcp' | 'udp' = 'tcp'): number {
  const row = /^\s*(TCP|UDP)\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+(\d+)\s/gm
  const rows = [...table.matchAll(row)]
  // QEMU lists the newest first.
  const port = rows.find(([, kind, , to]) => kind === protocol.toUpperCase() && Number(to) === guestPort)?.[2]
  if (port === undefined)
    throw new EnvironmentError('ERR_FLEDGE_QEMU', `Cannot find the forwarded port in:\n${table}`)
  return Number(port)
}
