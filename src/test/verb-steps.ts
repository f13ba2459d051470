import { AsyncLocalStorage } from 'node:async_hooks'

import { test as base, type TestInfo } from '@playwright/test'

import { FledgeError, type MachineHooks, type VerbCall } from '../index.ts'
import type { Secrets } from './secrets.ts'
import { endingLine, outputLines } from './step-lines.ts'
import { StepLog, type Step } from './step-log.ts'
import { stepTitle } from './step-title.ts'
import { timeLeftMs } from './time-left.ts'
import { locationOf, userFrames, type Location } from './user-frames.ts'
import { verbOutcome } from './verb-outcome.ts'

/** Makes every verb of a machine a step of its test, at the line that called it, and ends it before the test's time does. */
export class VerbSteps implements MachineHooks {
  readonly #testInfo: TestInfo
  readonly #secrets: Secrets
  readonly #log: StepLog
  readonly #silent = new AsyncLocalStorage<true>()
  #recording = true
  /** Set when the machine is there. */
  pause?: () => Promise<void>

  constructor(testInfo: TestInfo, secrets: Secrets) {
    this.#testInfo = testInfo
    this.#secrets = secrets
    this.#log = StepLog.of(testInfo)
  }

  /** From now on verbs are no steps: they are fledge's own. */
  stopRecording(): void {
    this.#recording = false
  }

  /** Runs verbs that are no steps: they are fledge's own. */
  async silently<T>(run: () => Promise<T>): Promise<T> {
    return this.#silent.run(true, run)
  }

  readonly around = async <T>(call: VerbCall, run: () => Promise<T>): Promise<T> => {
    if (!this.#recording || this.#silent.getStore()) return run()
    const frames = userFrames()
    const location = frames.map(locationOf).find((each) => each !== undefined)
    const explained = async (): Promise<T> => {
      const start = performance.now()
      const leftMs = this.remainingMs() ?? Number.POSITIVE_INFINITY
      try {
        return await run()
      } catch (error) {
        const ranOut = performance.now() - start >= leftMs
        throw this.#explain(error, frames, ranOut ? this.#testInfo.timeout : undefined)
      }
    }
    const detail = this.#secrets.hide(call.detail)
    const title = stepTitle({ verb: call.verb, detail })
    const begun = {
      machine: call.machine,
      title,
      text: detail === '' ? call.verb : `${call.verb}: ${detail}`,
    }
    const logged = async (): Promise<T> => {
      let step: Step | undefined
      const conclude = (ended: Step, settled: { result?: T; error?: unknown }): void => {
        ended.outcome = verbOutcome(this.#secrets, settled)
        step = ended
      }
      try {
        return await this.#log.run(begun, explained, conclude)
      } finally {
        if (step) await this.#showOutcome(step, location)
      }
    }
    return base.step(title, logged, location ? { location } : {})
  }

  /** Of all commands, also of those that matchers run. */
  readonly environment = (env: Readonly<Record<string, string>>): void => this.#secrets.learn(env)

  readonly remainingMs = (): number | undefined => timeLeftMs(this.#testInfo)

  /** Steps below the verb's, as those have nothing but a title. */
  async #showOutcome(step: Step, location: Location | undefined): Promise<void> {
    if (step.outcome?.ending === undefined) return
    for (const line of [endingLine(step), ...outputLines(step)]) {
      await base.step(line, () => {}, location ? { location } : {})
    }
  }

  /** Lets an error point at the test's line, and say whether it was the test's time that ran out; without secrets. */
  #explain(error: unknown, frames: readonly string[], ranOutMs: number | undefined): unknown {
    if (error instanceof FledgeError) {
      if (error.code === 'ERR_FLEDGE_TIMEOUT' && ranOutMs !== undefined) {
        const [first, ...rest] = error.message.split('\n')
        const why = `that was all that was left of the test's ${ranOutMs} ms`
        error.message = [`${first}: ${why}`, ...rest].join('\n')
      }
      error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n')
    }
    this.#secrets.hideInError(error)
    return error
  }
}
