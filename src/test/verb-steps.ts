import { test as base, type TestInfo } from '@playwright/test'

import { FledgeError, type MachineHooks, type VerbCall } from '../index.ts'
import { stepTitle } from './step-title.ts'
import { timeLeftMs } from './time-left.ts'
import { locationOf, userFrames } from './user-frames.ts'

/** Makes every verb of a machine a step of its test, at the line that called it, and ends it before the test's time does. */
export class VerbSteps implements MachineHooks {
  readonly #testInfo: TestInfo
  #recording = true

  constructor(testInfo: TestInfo) {
    this.#testInfo = testInfo
  }

  /** From now on verbs are no steps: they are fledge's own. */
  stopRecording(): void {
    this.#recording = false
  }

  readonly around = async <T>(call: VerbCall, run: () => Promise<T>): Promise<T> => {
    if (!this.#recording) return run()
    const frames = userFrames()
    const location = frames.map(locationOf).find((each) => each !== undefined)
    const explained = async (): Promise<T> => {
      const start = performance.now()
      const leftMs = this.remainingMs() ?? Number.POSITIVE_INFINITY
      try {
        return await run()
      } catch (error) {
        const ranOut = performance.now() - start >= leftMs
        throw explain(error, frames, ranOut ? this.#testInfo.timeout : undefined)
      }
    }
    return base.step(stepTitle(call), explained, location ? { location } : {})
  }

  readonly remainingMs = (): number | undefined => timeLeftMs(this.#testInfo)
}

/** Lets an error point at the test's line, and say whether it was the test's time that ran out. */
function explain(error: unknown, frames: readonly string[], ranOutMs: number | undefined): unknown {
  if (!(error instanceof FledgeError)) return error
  if (error.code === 'ERR_FLEDGE_TIMEOUT' && ranOutMs !== undefined) {
    const [first, ...rest] = error.message.split('\n')
    error.message = [`${first}: that was all that was left of the test's ${ranOutMs} ms`, ...rest].join('\n')
  }
  error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n')
  return error
}
