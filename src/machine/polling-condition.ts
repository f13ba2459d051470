import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'

import { FledgeError, GuestError } from '../errors.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import { checkOptions, checkValue, milliseconds, text, type OptionChecks } from '../util/check-options.ts'
import { withDeadline } from '../util/with-deadline.ts'
import { runQuietly } from './quiet.ts'

/** How a condition is watched. */
export interface PollingOptions {
  /** Milliseconds from the end of one check to the next. Default: 2000. */
  readonly intervalMs?: number
  /** Milliseconds that one check may take. Default: 60,000, ten times that when emulated. */
  readonly timeoutMs?: number
  /** For the error. Default: the name of the function. */
  readonly description?: string
}

const pollingChecks: OptionChecks<PollingOptions> = {
  intervalMs: milliseconds,
  timeoutMs: milliseconds,
  description: text,
}

/** The conditions of one machine, by what they tell its verbs. */
export class Conditions {
  readonly #listeners = new Set<(failure: FledgeError) => void>()
  readonly #untold = new Set<FledgeError>()

  /** Tells all verbs that are running or, where there is none, the next one. */
  fail(failure: FledgeError): void {
    if (this.#listeners.size === 0) this.#untold.add(failure)
    for (const listener of this.#listeners) listener(failure)
  }

  /** The failure that nobody has been told of yet; from now on somebody has. */
  take(failure: FledgeError | undefined = [...this.#untold][0]): FledgeError | undefined {
    return failure && this.#untold.delete(failure) ? failure : undefined
  }

  /** Calls back when a condition fails, until what it returns is called. */
  onFailure(listener: (failure: FledgeError) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}

/** A condition that is checked again and again in the background; it ends with its machine. */
export class PollingCondition implements AsyncDisposable {
  readonly #stopping = new AbortController()
  readonly #conditions: Conditions
  #failure: FledgeError | undefined

  /** Use {@link Machine.pollingCondition}. */
  constructor(
    { owned, conditions, timeFactor }: Watched,
    holds: (signal: AbortSignal) => unknown,
    options: PollingOptions,
  ) {
    checkValue('pollingCondition', 'condition', holds, (value) =>
      typeof value === 'function' ? undefined : 'a function',
    )
    checkOptions('pollingCondition', options, pollingChecks)
    this.#conditions = conditions
    const { intervalMs = 2_000, timeoutMs = 60_000 * timeFactor } = options
    const name = options.description ?? (holds.name || 'without a name')
    const forget = owned.onEnd(() => this.#stopping.abort())
    const watched = { name, machine: owned.name, intervalMs, timeoutMs }
    void runQuietly({ isCondition: true }, () => this.#watch(holds, watched)).finally(forget)
  }

  /**
   * Stops to check. Can be called again.
   *
   * @throws GuestError `ERR_FLEDGE_CONDITION` if it failed and no verb has been told of that
   */
  async stop(): Promise<void> {
    this.#stopping.abort()
    const untold = this.#failure && this.#conditions.take(this.#failure)
    if (untold) throw untold
  }

  /** As {@link stop}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #watch(
    holds: (signal: AbortSignal) => unknown,
    { name, machine, intervalMs, timeoutMs }: Required<Omit<PollingOptions, 'description'>> & Named,
  ): Promise<void> {
    const { signal } = this.#stopping
    const onTimeout = (): GuestError =>
      new GuestError('ERR_FLEDGE_TIMEOUT', `its check did not end within ${Math.round(timeoutMs)} ms`)
    while (!signal.aborted) {
      const cause = await withDeadline({ timeoutMs, signal, onTimeout }, async (bounded) =>
        holds(bounded),
      ).then(
        (value) => (value ? undefined : `it gave ${inspect(value)}`),
        (error: unknown) => (error instanceof Error ? error : inspect(error)),
      )
      if (signal.aborted) return
      if (cause !== undefined) {
        const why = cause instanceof Error ? cause.message : cause
        const message = `The condition "${name}" does not hold any more: ${why}`
        this.#failure = new GuestError('ERR_FLEDGE_CONDITION', message, { machine, cause })
        return this.#conditions.fail(this.#failure)
      }
      await sleep(intervalMs, undefined, { signal, ref: false }).catch(() => {})
    }
  }
}

interface Named {
  readonly name: string
  readonly machine: string
}

interface Watched {
  readonly owned: OwnedMachine
  readonly conditions: Conditions
  readonly timeFactor: number
}
