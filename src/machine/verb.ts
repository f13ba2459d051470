import type { GuestChannel } from '../channel/guest-channel.ts'
import { FledgeError, GuestError } from '../errors.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import { deferred, withDeadline, type CallOptions } from '../util/with-deadline.ts'
import { withInterruption } from './interruptible.ts'
import type { Conditions } from './polling-condition.ts'
import { currentQuiet } from './quiet.ts'

/** One call of a verb, as the hooks see it. */
export interface VerbCall {
  /** The name of the machine. */
  readonly machine: string
  /** As `succeed` or `waitForUnit`. */
  readonly verb: string
  /** What it was asked, as `systemctl restart nginx`. */
  readonly detail: string
}

/** How a test runner takes part in a machine's life. */
export interface MachineHooks {
  /** Runs around every verb: it must call `run` once and give back what that gives. */
  readonly around?: <T>(call: VerbCall, run: () => Promise<T>) => Promise<T>
  /** Is told of the variables that a command is given before it runs, as their values may be secrets. */
  readonly environment?: (env: Readonly<Record<string, string>>) => void
  /** Holds the test, with a machine that runs on, until a person lets it go on. */
  pause?: () => Promise<void>
  /** Milliseconds that a verb may take at the most, as what is left of the test's time. */
  readonly remainingMs?: () => number | undefined
}

/** What every family of verbs works on. */
export interface VerbContext {
  readonly owned: OwnedMachine
  /** How the guest is asked for something. */
  readonly channel: GuestChannel
  readonly hooks: MachineHooks
  /** What breaks off verbs from outside. */
  readonly conditions: Conditions
  /** What default time limits are multiplied with. */
  readonly timeFactor: number
}

/** One call of a verb, while it runs. */
export interface RunningVerb {
  /** Aborts with the error that the caller sees. */
  readonly signal: AbortSignal
  /** The time limit that holds, in milliseconds. */
  readonly timeoutMs: number
  /** Says what was seen last, for the error of a deadline that passes. */
  readonly saw: (what: string) => void
}

/** How a verb is named and bounded. */
export interface VerbOptions extends CallOptions {
  readonly verb: string
  readonly detail: string
  readonly env?: Readonly<Record<string, string>> | undefined
  /** In milliseconds for a machine under KVM; used when the caller gives no limit. */
  readonly defaultTimeoutMs: number
  /** Whether it is of use when the machine has ended for this reason. Default: for none. */
  readonly evenAfter?: (end: FledgeError) => boolean
  /** Milliseconds that the verb may go over its limit, so that the guest's own answer can come. */
  readonly marginMs?: number
  /** Makes the error of a deadline that passes, in place of one with what was seen last. */
  readonly onTimeout?: (timeoutMs: number) => FledgeError
}

/**
 * Runs one verb: within its deadline and the test's, as a step of the test, and no longer than the machine lives.
 *
 * @throws GuestError `ERR_FLEDGE_TIMEOUT` with what was seen last; the machine's own error once it is over
 */
export async function runVerb<T>(
  context: VerbContext,
  options: VerbOptions,
  work: (running: RunningVerb) => Promise<T>,
): Promise<T> {
  const { owned, hooks, timeFactor } = context
  const quiet = currentQuiet()
  // A look at the screen, which the tests' fixture takes by itself, must not be the one that is told.
  const conditions = quiet?.isCondition || options.evenAfter ? undefined : context.conditions
  const { verb, detail, env, timeoutMs: wanted, defaultTimeoutMs, marginMs = 0 } = options
  const signal = withInterruption(options.signal)
  const run = async (): Promise<T> => {
    if (owned.over && !options.evenAfter?.(owned.over)) throw owned.over
    const failure = conditions?.take()
    if (failure) throw failure
    const remainingMs = Math.max(0, hooks.remainingMs?.() ?? Number.POSITIVE_INFINITY)
    const timeoutMs = Math.min(wanted ?? defaultTimeoutMs * timeFactor, remainingMs)
    let lastSeen: string | undefined
    const onTimeout = (): FledgeError =>
      options.onTimeout?.(timeoutMs) ??
      timedOut(owned, `${verb} ${detail}`.trim(), timeoutMs, lastSight(owned, lastSeen))
    const saw = (what: string): void => void (lastSeen = what)
    return withDeadline({ timeoutMs, marginMs, signal, onTimeout }, (bounded) =>
      whileItLives(owned, conditions, work({ signal: bounded, timeoutMs, saw })),
    )
  }
  if (env) hooks.environment?.(env)
  if (!hooks.around || quiet) return run()
  return hooks.around({ machine: owned.name, verb, detail }, run)
}

/**
 * Fails when the machine ends, and when a condition does. A machine outlives thousands of verbs, so each takes back what it
 * asked for.
 */
async function whileItLives<T>(
  owned: OwnedMachine,
  conditions: Conditions | undefined,
  work: Promise<T>,
): Promise<T> {
  const { promise: over, reject } = deferred<never>()
  const forgetEnd = owned.onEnd(reject)
  const forgetConditions = conditions?.onFailure(reject)
  try {
    return await Promise.race([work, over])
  } finally {
    forgetEnd()
    forgetConditions?.()
  }
}

/** What was seen last, and what keeps the guest from running, where there is either. */
export function lastSight(owned: OwnedMachine, seen?: string): string | undefined {
  return [seen, owned.standstill].filter((part) => part).join('; ') || undefined
}

function timedOut(
  owned: OwnedMachine,
  what: string,
  timeoutMs: number,
  lastSeen: string | undefined,
): GuestError {
  const seen = lastSeen === undefined ? '' : `; last seen: ${lastSeen}`
  return new GuestError(
    'ERR_FLEDGE_TIMEOUT',
    `${what} did not end within ${Math.round(timeoutMs)} ms${seen}`,
    {
      machine: owned.name,
      consoleTail: owned.console.tail(),
      ...(lastSeen === undefined ? {} : { lastSeen }),
    },
  )
}
