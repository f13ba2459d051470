import * as v from 'valibot'

import type { SealedTest } from './sealed-inputs.ts'

/** What Playwright found that there is to run. */
export interface Listing extends ConfigFacts {
  /** How many errors there were; Playwright has told them. */
  readonly errors: number
  /** The folder that Playwright tells paths from. */
  readonly rootDir: string
  readonly projects: readonly ListedProject[]
  readonly files: readonly ListedFile[]
}

/** What the configuration is asked for before Playwright makes it its own. */
export interface ConfigFacts {
  /** The reporters of the configuration, with their options. */
  readonly reporters: readonly (readonly [string, unknown?])[]
  /** Files that the configuration names: set-ups, tear-downs and reporters. */
  readonly scripts: readonly string[]
  readonly tsconfig?: string | undefined
}

/** A project, with what it declares, right or wrong. */
export interface ListedProject {
  readonly name: string
  readonly testDir: string
  readonly snapshotDir: string
  readonly outputDir: string
  /** The projects whose tests run before its own. */
  readonly dependencies: readonly string[]
  /** The project whose tests run after its own. */
  readonly teardown?: string | undefined
  readonly inputs?: unknown
  readonly environment?: unknown
}

/** A test file, with what is declared in it, right or wrong. */
export interface ListedFile {
  readonly path: string
  readonly inputs: readonly unknown[]
  readonly environment: readonly unknown[]
  readonly tests: readonly SealedTest[]
}

const schema = v.object({
  errors: v.number(),
  rootDir: v.string(),
  projects: v.array(
    v.object({
      name: v.string(),
      testDir: v.string(),
      snapshotDir: v.string(),
      outputDir: v.string(),
      dependencies: v.array(v.string()),
      teardown: v.optional(v.string()),
      inputs: v.optional(v.unknown()),
      environment: v.optional(v.unknown()),
    }),
  ),
  files: v.array(
    v.object({
      path: v.string(),
      inputs: v.array(v.unknown()),
      environment: v.array(v.unknown()),
      tests: v.array(v.object({ id: v.string(), titlePath: v.array(v.string()), project: v.string() })),
    }),
  ),
  reporters: v.array(v.union([v.strictTuple([v.string()]), v.strictTuple([v.string(), v.unknown()])])),
  scripts: v.array(v.string()),
  tsconfig: v.optional(v.string()),
})

/** Reads what the list pass has told: JSON; nothing when it is not that. */
export function readListing(text: string): Listing | undefined {
  const read = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text)
  return read.success ? read.output : undefined
}
