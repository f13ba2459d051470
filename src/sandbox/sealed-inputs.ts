/** What a sealed run depends on. All paths are absolute and sorted; none is in a `node_modules`, which the lock file stands for. */
export interface SealedInputs {
  /** The configuration, with what it imports and the scripts that it names; none when there is no configuration. */
  readonly configFiles: readonly string[]
  /** What every file depends on: lock files, every `package.json` and `tsconfig.json` that is looked at. */
  readonly shared: readonly string[]
  /** What the `inputs` of the configuration match. Links are among them as they are, and are not followed. */
  readonly declared: readonly string[]
  /** The variables that are declared by `environment`, in the configuration or in a file, with the values they have. */
  readonly environment: Readonly<Record<string, string>>
  /** Each test file, with all that it imports, itself among it, its snapshots, and what the `inputs` in it match. */
  readonly files: ReadonlyMap<string, readonly string[]>
  /** The tests that are to run, by their file. */
  readonly tests: ReadonlyMap<string, readonly SealedTest[]>
}

/** A test that a run has chosen. */
export interface SealedTest {
  /** As Playwright numbers it: the same in every run. */
  readonly id: string
  /** Its titles from the file's own `describe` on, and its tags. */
  readonly titlePath: readonly string[]
  /** The project that it is in; an empty text is one without a name. */
  readonly project: string
}
