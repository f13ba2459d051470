/** A run of Playwright, as `fledge test` would start it plainly. */
export interface TestRun {
  /** The command of Playwright Test. */
  readonly cli: string
  /** What follows `playwright test`, without `--config`. */
  readonly args: readonly string[]
  /** What it is given besides the environment of this process. */
  readonly env: Readonly<Record<string, string>>
  /** The folder of the configuration, or the working directory: where inputs and results are. */
  readonly folder: string
  /** The user's own configuration. */
  readonly config?: string | undefined
}
