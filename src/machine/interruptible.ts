import { AsyncLocalStorage } from 'node:async_hooks'

import { abortSignal, checkValue } from '../util/check-options.ts'

const scope = new AsyncLocalStorage<AbortSignal>()

/** The signal of {@link interruptible} that ends the work that the caller is part of, if there is one. */
export function currentInterruption(): AbortSignal | undefined {
  return scope.getStore()
}

/** A caller's own signal and that of {@link interruptible}, as far as there are any. */
export function withInterruption(own: AbortSignal | undefined): AbortSignal | undefined {
  const outer = currentInterruption()
  return own && outer ? AbortSignal.any([own, outer]) : (own ?? outer)
}

/**
 * Does work whose verbs and launches end with `ERR_FLEDGE_ABORTED` when a signal aborts, whether they are given it or not: so a prompt ends what was typed
 * there.
 *
 * @example
 * await interruptible(AbortSignal.timeout(60_000), () => installAll(vm))
 */
export function interruptible<T>(signal: AbortSignal, work: () => T): T {
  checkValue('interruptible', 'signal', signal, abortSignal)
  checkValue('interruptible', 'work', work, (value) =>
    typeof value === 'function' ? undefined : 'a function',
  )
  return scope.run(signal, work)
}
