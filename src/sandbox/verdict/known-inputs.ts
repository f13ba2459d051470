/** What test files depend on, as it is known before they run. Paths are absolute. */
export interface KnownInputs {
  /** The folder of the project, where names of parts begin. */
  readonly home: string
  readonly configFiles: readonly string[]
  /** What all tests depend on, as lock files. */
  readonly shared: readonly string[]
  /** Files and folders that the project declares. */
  readonly declared: readonly string[]
  /** Variables that the tests see. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** All files that each test file imports, itself among them. */
  readonly files: ReadonlyMap<string, readonly string[]>
  /** The tests of each file that are asked for. */
  readonly tests: ReadonlyMap<string, readonly { readonly id: string; readonly project: string }[]>
  /** The projects, and those whose tests run before and after theirs. */
  readonly projects: readonly {
    readonly name: string
    readonly dependencies: readonly string[]
    readonly teardown?: string | undefined
  }[]
}
