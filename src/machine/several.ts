import { FledgeError, GuestError, MisuseError } from '../errors.ts'
import { callChecks, type CallOptions } from '../util/with-deadline.ts'
import { checkOptions, checkValue } from '../util/check-options.ts'
import { Machine } from './machine.ts'

/**
 * Starts machines that have been shut down or have crashed, all at the same time; those that run are left alone.
 *
 * @throws the error of the one that failed; GuestError with the code of the first and an `AggregateError` as `cause`
 * when several did
 *
 * @example
 * await joinAll([server, client])
 * await startAll([server, client], { timeoutMs: 120_000 })
 */
export async function startAll(machines: readonly Machine[], options: CallOptions = {}): Promise<void> {
  await onAll('startAll', machines, options, (machine) => machine.start(options))
}

/**
 * Waits until all guests have powered themselves off; 15 minutes at the most.
 *
 * @throws as {@link startAll}
 *
 * @example
 * await Promise.all([server, client].map((vm) => vm.succeed('shutdown --poweroff now &')))
 * await joinAll([server, client])
 */
export async function joinAll(machines: readonly Machine[], options: CallOptions = {}): Promise<void> {
  await onAll('joinAll', machines, options, (machine) => machine.waitForShutdown(options))
}

/** Waits for all, so that none is still at it when the caller goes on. */
async function onAll(
  what: string,
  machines: readonly Machine[],
  options: CallOptions,
  work: (machine: Machine) => Promise<void>,
): Promise<void> {
  checkValue(what, 'machines', machines, (value) =>
    Array.isArray(value) && value.every((each) => each instanceof Machine)
      ? undefined
      : 'an array of machines',
  )
  checkOptions(what, options, callChecks)
  const results = await Promise.allSettled(machines.map(work))
  const errors = results.flatMap((each): unknown[] => (each.status === 'rejected' ? [each.reason] : []))
  const [first] = errors
  if (errors.length < 2) {
    if (errors.length === 1) throw first
    return
  }
  if (!(first instanceof FledgeError) || first instanceof MisuseError) throw first
  const messages = errors.map((error) =>
    error instanceof Error ? error.message.split('\n', 1)[0] : String(error),
  )
  throw new GuestError(
    first.code,
    `${errors.length} of ${machines.length} machines failed: ${messages.join('; ')}`,
    {
      cause: new AggregateError(errors),
    },
  )
}
