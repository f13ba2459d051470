import { setMaxListeners } from 'node:events'

import { FledgeError, MisuseError } from '../errors.ts'
import { abortSignal, milliseconds, type OptionChecks } from './check-options.ts'

/** How long a call may take, and who may end it sooner. */
export interface CallOptions {
  /** Milliseconds until the call gives up with `ERR_FLEDGE_TIMEOUT`. */
  readonly timeoutMs?: number
  /** Ends the call with `ERR_FLEDGE_ABORTED` when it aborts. */
  readonly signal?: AbortSignal
}

/** What {@link CallOptions} have to be. */
export const callChecks: OptionChecks<CallOptions> = { timeoutMs: milliseconds, signal: abortSignal }

/** The deadline and the signal of options, without the rest. */
export function bounds({ timeoutMs, signal }: CallOptions): CallOptions {
  return { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(signal === undefined ? {} : { signal }) }
}

/** What bounds one piece of work. */
export interface Bounds {
  readonly timeoutMs: number
  /** Milliseconds that the work may go over that. */
  readonly marginMs?: number
  readonly signal?: AbortSignal | undefined
  /** Makes the error of a deadline that passed. */
  readonly onTimeout: () => FledgeError
}

/**
 * Runs work until it ends, its deadline passes or its signal aborts, whichever is first.
 *
 * The work gets a signal that aborts with the very error that the caller sees; it is not waited for after that.
 */
export async function withDeadline<T>(bounds: Bounds, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { timeoutMs, marginMs = 0, signal, onTimeout } = bounds
  if (!(timeoutMs >= 0)) {
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot use timeoutMs ${timeoutMs}: it must be 0 or more`)
  }
  throwIfAborted(signal)
  const controller = new AbortController()
  const { promise: cut, reject } = deferred<never>()
  const end = (error: FledgeError): void => {
    controller.abort(error)
    reject(error)
  }
  const expire = (): void => {
    try {
      end(onTimeout())
    } catch (error) {
      reject(error)
    }
  }
  // Node turns longer timers into 1 ms ones.
  const delayMs = timeoutMs + marginMs
  const timer = delayMs < 2 ** 31 ? setTimeout(expire, delayMs) : undefined
  const onAbort = (): void => end(aborted(signal))
  // Any number of machines may be ended by one signal; Node takes eleven for a leak.
  if (signal) setMaxListeners(0, signal)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work(controller.signal), cut])
  } catch (error) {
    // A part of the work may still be at it when another has failed.
    controller.abort(error)
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

/** Ends work between two steps when its caller has aborted it: with our error, not with the signal's reason. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal)
}

/** The error of a call whose caller aborted it. */
function aborted(signal: AbortSignal | undefined): FledgeError {
  const reason: unknown = signal?.reason
  if (reason instanceof FledgeError) return reason
  return new FledgeError('ERR_FLEDGE_ABORTED', 'The call was aborted', { cause: reason })
}

/** A promise and its handles; `Promise.withResolvers` comes with Node 22. A rejection may go unobserved. */
export function deferred<T>(): {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (error: unknown) => void
} {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}
