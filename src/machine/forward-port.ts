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
    ({ signal }) => context.owned.forward({ guestPort, hostPort, protocol }, signal),
  )
}
