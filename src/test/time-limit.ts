import type { TestInfo } from '@playwright/test'

import type { Prepared } from '../index.ts'
import { sayOnce } from './say-once.ts'

/**
 * Fits a test's time limit to what its machine runs under: the limit of the configuration, the command line or
 * `describe.configure` is one for KVM. What the test sets for itself later, by `test.setTimeout`, holds as it is.
 */
export function fitTimeLimit(testInfo: TestInfo, { image, accelerator, timeFactor }: Prepared): void {
  const limit = timeFactor === 1 ? '' : `, time limits × ${timeFactor}`
  testInfo.annotations.push({ type: 'machine', description: `${image}, ${accelerator}${limit}` })
  if (timeFactor === 1) return
  const how = accelerator === 'tcg' ? 'machines are emulated' : 'FLEDGE_TIME_FACTOR is set'
  sayOnce(testInfo.project.outputDir, `${how}: time limits are ${timeFactor} times as long`)
  if (testInfo.timeout > 0) testInfo.setTimeout(testInfo.timeout * timeFactor)
}
