import type { Mount } from './mount.ts'
import type { SealedPlan } from './sealed-plan.ts'

/** A run of Playwright, as `fledge test` would start it plainly. */
export interface TestRun {
  /** The command of Playwright Test. */
  readonly cli: string
  /** What names the configuration: fledge's own, which loads the user's. */
  readonly configArgs: readonly string[]
  /** What follows: options and tests. */
  readonly args: readonly string[]
  /** What it is given in its environment, by what is done in the seal. */
  readonly env: (plan: SealedPlan) => Readonly<Record<string, string>>
  /** The folder of the configuration, or the working directory: where inputs and results are. */
  readonly folder: string
  /** The user's own configuration. */
  readonly config?: string | undefined
  /** Where what Playwright has compiled is kept from one seal of it to the next. */
  readonly compiled?: Mount
}
