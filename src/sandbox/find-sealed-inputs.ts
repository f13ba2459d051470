import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'

import { declaredEnvironment } from './declared-environment.ts'
import { existingFile } from './existing-file.ts'
import { ImportGraph } from './import-graph.ts'
import { listTests } from './list-tests.ts'
import type { Listing } from './listing.ts'
import { lockFilesOf } from './lock-files.ts'
import { matchInputs } from './match-inputs.ts'
import { isOwnFile } from './own-package.ts'
import type { SealedInputs } from './sealed-inputs.ts'
import { withExtended } from './settings-files.ts'
import type { TestRun } from './test-run.ts'
import { walkFolder } from './walk-folder.ts'
import { withoutReporters } from './without-reporters.ts'

/** What a run depends on, and what a seal needs to know besides. */
export interface FoundInputs {
  readonly inputs: SealedInputs
  readonly listing: Listing
  /** Every `node_modules` with a package that is imported. */
  readonly packageFolders: readonly string[]
  /** Patterns of `inputs` that match nothing. */
  readonly unmatched: readonly string[]
}

/** Playwright cannot run this: it has said why. */
export interface RefusedRun {
  readonly exitCode: number
  readonly output: string
  /** Whether it came so far as to look for tests. */
  readonly isListed: boolean
}

/**
 * Finds out what a run depends on: Playwright lists its tests in a seal, and what the files import is read out of their text.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` when `inputs` or `environment` are declared wrongly
 */
export async function findSealedInputs(run: TestRun): Promise<FoundInputs | RefusedRun> {
  let listed = await listTests(run, {})
  let environment = environmentOf(listed.listing)
  if (Object.keys(environment).length > 0) {
    // What the variables are may decide which tests there are.
    listed = await listTests(run, environment)
    environment = environmentOf(listed.listing)
  }
  const { listing, exitCode, output } = listed
  if (!listing || listing.errors > 0 || exitCode !== 0) {
    return { exitCode: exitCode || 1, output, isListed: listing !== undefined }
  }
  const graph = new ImportGraph({ tsconfig: listing.tsconfig, isOwn: isOwnFile })
  const config = graph.closure([
    ...(run.config === undefined ? [] : [run.config]),
    ...[...listing.scripts, ...namedReporters(run)].flatMap((path) => existingFile(path) ?? []),
  ])
  const declared = await matchInputs(
    listing.projects.map(({ inputs }) => inputs),
    run.folder,
  )
  const unmatched = new Set(declared.unmatched)
  const files = new Map<string, readonly string[]>()
  const closures = [config]
  for (const { path, inputs } of listing.files) {
    const closure = graph.closure([path])
    const own = await matchInputs(inputs, run.folder)
    own.unmatched.forEach((pattern) => unmatched.add(pattern))
    closures.push(closure)
    files.set(path, sorted([...closure.files, ...snapshotsOf(path, listing), ...own.files]))
  }
  return {
    inputs: {
      configFiles: config.files,
      shared: sorted([
        ...lockFilesOf(run.folder),
        ...(listing.tsconfig === undefined ? [] : withExtended(listing.tsconfig)),
        ...closures.flatMap(({ settings }) => settings),
      ]),
      declared: declared.files,
      environment,
      files,
      tests: new Map(listing.files.map(({ path, tests }) => [path, tests])),
    },
    listing,
    packageFolders: sorted(closures.flatMap(({ packageFolders }) => packageFolders)),
    unmatched: [...unmatched],
  }
}

function environmentOf(listing: Listing | undefined): Readonly<Record<string, string>> {
  if (!listing) return {}
  const declared = [
    ...listing.projects.map(({ environment }) => environment),
    ...listing.files.flatMap(({ environment }) => environment),
  ]
  return declaredEnvironment(declared, process.env)
}

/** Reporters of the command line that are files. */
function namedReporters({ args }: TestRun): readonly string[] {
  const { reporters = [], added } = withoutReporters(args)
  return [...reporters, ...added].map((name) => join(process.cwd(), name))
}

/** Where Playwright has the snapshots of a test file, unless the configuration says otherwise. */
function snapshotsOf(file: string, { projects }: Listing): readonly string[] {
  const folders = projects.map(({ testDir, snapshotDir }) =>
    join(snapshotDir, `${relative(testDir, file)}-snapshots`),
  )
  return [...new Set(folders)]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => walkFolder(folder).entries.map(({ path }) => path))
}

function sorted(paths: readonly string[]): readonly string[] {
  return [...new Set(paths)].toSorted()
}
