import { EnvironmentError } from '../errors.ts'
import { checkOptions, checkValue, oneOf, wholeNumber, type OptionChecks } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { runVerb, type VerbContext } from './verb.ts'

/** Which port of the host leads into the guest. */
export interface ForwardOptions extends CallOptions {
  /** Default: `tcp`. */
  readonly protocol?: 'tcp' | 'udp'
  /** Default: a free one. */
  readonly hostPort?: number
}

const forwardChecks: OptionChecks<ForwardOptions> = {
  ...callChecks,
  protocol: oneOf('tcp', 'udp'),
  hostPort: wholeNumber(0, 65_535),
}

/**
 * Forwards a port of 127.0.0.1 to a port of the guest's first NIC, until the machine ends.
 *
 * @returns the port of the host
 */
export async function forwardPort(
  context: VerbContext,
  guestPort: number,
  options: ForwardOptions,
): Promise<number> {
  checkValue('forwardPort', 'guestPort', guestPort, wholeNumber(1, 65_535))
  checkOptions('forwardPort', options, forwardChecks)
  const { hostPort = 0, protocol = 'tcp' } = options
  const detail = `${protocol} ${hostPort || 'a free port'} to ${guestPort}`
  return runVerb(
    context,
    { verb: 'forwardPort', detail, defaultTimeoutMs: 10_000, ...bounds(options) },
    async ({ signal }) => {
      const { qmp } = context.owned
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
    },
  )
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
