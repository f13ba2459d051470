import { test as base, type TestInfo } from '@playwright/test'

import { StepLog } from './step-log.ts'
import { oneLine } from './step-title.ts'
import { locationOf, userFrames } from './user-frames.ts'

/** A part of a test, by a name. */
export interface Subtest {
  /**
   * Runs a part of a test as a step, as Playwright's `test.step` does. When it fails, the test ends there.
   *
   * @returns what the body returns
   *
   * @example
   * await subtest('the service answers', async () => {
   *   await vm.waitForOpenPort(80)
   * })
   */
  <T>(title: string, body: () => T | Promise<T>): Promise<T>

  /**
   * The same, but a failure does not end the test: what follows is run as well, and then the test has failed.
   *
   * @returns what the body returns, or nothing when it failed
   *
   * @example
   * for (const unit of ['nginx', 'postgresql']) {
   *   await subtest.soft(unit, async () => vm.waitForUnit(unit))
   * }
   */
  soft<T>(title: string, body: () => T | Promise<T>): Promise<T | undefined>
}

export const subtest: Subtest = Object.assign(hard, { soft })

async function hard<T>(title: string, body: () => T | Promise<T>): Promise<T> {
  const log = StepLog.of(base.info())
  const location = userFrames()
    .map(locationOf)
    .find((each) => each !== undefined)
  const run = async (): Promise<T> => log.run({ title: oneLine(title), text: title }, async () => body())
  return base.step(title, run, location ? { location } : {})
}

async function soft<T>(title: string, body: () => T | Promise<T>): Promise<T | undefined> {
  const testInfo = base.info()
  try {
    return await hard(title, body)
  } catch (error) {
    // `test.skip()` ends a test by an error as well.
    if (testInfo.expectedStatus === 'skipped') throw error
    recordFailure(testInfo, error)
    return undefined
  }
}

/** What Playwright does with the error of a test, without ending that. */
function recordFailure(testInfo: TestInfo, error: unknown): void {
  if (testInfo.status === 'passed') testInfo.status = 'failed'
  testInfo.errors.push(
    error instanceof Error
      ? {
          message: `${error.name}: ${error.message}`,
          ...(error.stack === undefined ? {} : { stack: error.stack }),
        }
      : { value: String(error) },
  )
}
