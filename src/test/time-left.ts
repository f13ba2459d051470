import type { TestInfo } from '@playwright/test'

/** A verb ends this long before the test does, so that its own error, which says more, is the one that is seen. */
const marginMs = 1_000

/** Playwright's number for a deadline that never comes. */
const never = 2 ** 31 - 1

/** What Playwright's own fixtures and matchers read of a test, and the documentation does not have. */
interface TestClock {
  readonly _timeoutManager?: { readonly currentSlotDeadline?: () => unknown }
  /** The same moment on the clock of deadlines, and as {@link Date} has it. */
  readonly _startTime?: unknown
  readonly _startWallTime?: unknown
}

/** How far Playwright's clock is ahead of ours, found once a test: the wall clock, by which it is found, may be set meanwhile. */
const aheadMs = new WeakMap<TestInfo, number>()

/**
 * Milliseconds that a verb may still take: what is left of the time of the test, hook or fixture that runs now, less a
 * margin. Nothing when that has no limit.
 *
 * Playwright tells a test its limit, but not when that began, stopped or was moved, and only its own clock knows:
 * fixtures with their own time do not count, and hooks after the test have time of their own. Where a version of
 * Playwright has another clock, a verb has only its own limit.
 */
export function timeLeftMs(testInfo: TestInfo): number | undefined {
  const { _timeoutManager, _startTime, _startWallTime } = testInfo as TestClock
  const deadline = _timeoutManager?.currentSlotDeadline?.()
  if (typeof deadline !== 'number' || deadline <= 0 || deadline >= never) return undefined
  if (typeof _startTime !== 'number' || typeof _startWallTime !== 'number') return undefined
  const ahead = aheadMs.get(testInfo) ?? _startTime + (Date.now() - _startWallTime) - performance.now()
  aheadMs.set(testInfo, ahead)
  return Math.max(0, deadline - (performance.now() + ahead) - marginMs)
}
