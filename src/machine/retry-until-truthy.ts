import { FledgeError, GuestError, MisuseError, type ErrorCode } from '../errors.ts'
import { checkOptions, checkValue } from '../util/check-options.ts'
import { callChecks, withDeadline, type CallOptions } from '../util/with-deadline.ts'
import { retry } from './retry.ts'

/** After these no further try comes out otherwise. */
const final = new Set<ErrorCode>(['ERR_FLEDGE_STOPPED', 'ERR_FLEDGE_MACHINE_DIED', 'ERR_FLEDGE_GUEST_PANIC'])

/**
 * Calls a function again and again until it gives something true, with pauses from 20 ms to a second. A function that throws is
 * tried again, too; the error of the deadline has what it gave or threw last.
 *
 * @param options `timeoutMs` (default 900,000) also ends a function that never does; it gets a signal to end by
 * @returns what the function gave
 *
 * @throws GuestError `ERR_FLEDGE_TIMEOUT`; at once, what says that a machine is over, and any MisuseError
 *
 * @example
 * const answer = await retry(async (signal) => (await fetch(url, { signal })).ok, { timeoutMs: 30_000 })
 */
export async function retryUntilTruthy<T>(
  attempt: (signal: AbortSignal) => T | Promise<T>,
  options: CallOptions = {},
): Promise<T> {
  checkValue('retry', 'attempt', attempt, (value) => (typeof value === 'function' ? undefined : 'a function'))
  checkOptions('retry', options, callChecks)
  const { timeoutMs = 900_000, signal } = options
  let lastSeen = 'its first try did not end'
  let cause: unknown
  const onTimeout = (): FledgeError =>
    new GuestError(
      'ERR_FLEDGE_TIMEOUT',
      `retry did not succeed within ${timeoutMs} ms; last seen: ${lastSeen}`,
      {
        lastSeen,
        cause,
      },
    )
  const { value } = await withDeadline({ timeoutMs, signal, onTimeout }, (bounded) =>
    retry(bounded, async () => {
      try {
        const value = await attempt(bounded)
        if (value) return { value }
        ;[lastSeen, cause] = [`it gave ${String(value)}`, undefined]
      } catch (error) {
        if (error instanceof MisuseError || (error instanceof FledgeError && final.has(error.code)))
          throw error
        ;[lastSeen, cause] = [error instanceof Error ? error.message : String(error), error]
      }
      return undefined
    }),
  )
  return value
}
