import type { TestInfo } from '@playwright/test'

/** What Playwright's own pauses use, and the documentation does not have. */
interface HeldClock {
  readonly _setIgnoreTimeouts?: (isHeld: boolean) => void
}

/**
 * Holds the clock of a test, hook or fixture while something is done. Where a version of Playwright has no such clock, what is done has all the time
 * there is, and so has the rest of the test.
 */
export async function holdClock<T>(testInfo: TestInfo, work: () => Promise<T>): Promise<T> {
  const clock = testInfo as HeldClock
  if (!clock._setIgnoreTimeouts) {
    testInfo.setTimeout(0)
    return work()
  }
  clock._setIgnoreTimeouts(true)
  try {
    return await work()
  } finally {
    clock._setIgnoreTimeouts(false)
  }
}
