import { AsyncLocalStorage } from 'node:async_hooks'

import { checkValue } from '../util/check-options.ts'

/** What the verbs that are called in some work have to know of it. */
export interface Quiet {
  /** Whether the work is the check of a condition, which no condition breaks. */
  readonly isCondition: boolean
}

const scope = new AsyncLocalStorage<Quiet>()

/** What the caller's work is, where it is quiet. */
export function currentQuiet(): Quiet | undefined {
  return scope.getStore()
}

/** Does work whose verbs are no steps. */
export function runQuietly<T>(quiet: Quiet, work: () => T): T {
  return scope.run(quiet, work)
}

/**
 * Does work whose verbs are no steps of the test: what asks again and again would drown the report.
 *
 * @example
 * const count = await quietly(async () => (await vm.succeed('ls /srv')).stdout.split('\n').length)
 */
export async function quietly<T>(work: () => Promise<T>): Promise<T> {
  checkValue('quietly', 'work', work, (value) => (typeof value === 'function' ? undefined : 'a function'))
  return runQuietly(currentQuiet() ?? { isCondition: false }, work)
}
