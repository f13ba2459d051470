import { FledgeError, type Machine, type PortOptions } from '../../index.ts'
import { anything, callChecks } from './checks.ts'
import { lookUntil, type MatcherResult, type MatcherState } from './look-until.ts'

/** That something listens on a TCP port in the guest. */
export async function toHaveOpenPort(
  this: MatcherState,
  vm: Machine,
  port: number,
  options: PortOptions = {},
): Promise<MatcherResult> {
  const { address = 'localhost' } = options
  return lookUntil(this, vm, {
    matcher: 'toHaveOpenPort',
    subject: `${address}:${port}`,
    wanted: 'something that listens',
    options,
    checks: { ...callChecks, address: anything },
    look: async (bounds) => {
      const pass = await vm
        .waitForOpenPort(port, {
          address,
          ...bounds,
          timeoutMs: Math.min(bounds.timeoutMs, oneLookMs * vm.timeFactor),
        })
        .then(
          () => true,
          (error: unknown) => {
            if (error instanceof FledgeError && error.code === 'ERR_FLEDGE_TIMEOUT') return false
            throw error
          },
        )
      return { pass, got: pass ? 'something listens' : 'nothing listens' }
    },
    lookAt: 'ss --listening --tcp --numeric --processes || cat /proc/net/tcp /proc/net/tcp6',
  })
}

/** A knock at a port of the guest itself is answered at once. */
const oneLookMs = 200
