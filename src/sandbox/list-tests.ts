import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { Writable } from 'node:stream'

import { ids } from './ids.ts'
import { type Listing, readListing } from './listing.ts'
import { ownPackage } from './own-package.ts'
import { lockFilesOf } from './lock-files.ts'
import type { Mount } from './mount.ts'
import { linkedPackages, packageFoldersAbove } from './package-folders.ts'
import { runInSeal } from './run-in-seal.ts'
import { sealEnvironment } from './seal-environment.ts'
import { systemMounts } from './system-mounts.ts'
import type { TestRun } from './test-run.ts'
import { withoutReporters } from './without-reporters.ts'

/** What Playwright says of a run without running it. */
export interface ListedTests {
  /** Absent when it could not even begin to list. */
  readonly listing?: Listing | undefined
  readonly exitCode: number
  /** What it wrote, as for the terminal. */
  readonly output: string
}

/**
 * Has Playwright list the tests of a run. It loads the configuration and the test files, so it does that in a seal as well: one that
 * shows all of the project, as nobody knows yet what is needed, and in which nothing can be written.
 */
export async function listTests(
  run: TestRun,
  declared: Readonly<Record<string, string>>,
): Promise<ListedTests> {
  let output = ''
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: Buffer | string, _, done) => {
      output += String(chunk)
      done()
    },
  })
  const env = sealEnvironment(process.env, declared, { folder: run.folder, screen: process.stdout })
  const { exitCode, told } = await runInSeal(
    {
      program: process.execPath,
      args: [run.cli, 'test', ...run.configArgs, ...withoutReporters(run.args).rest, '--list'],
      cwd: process.cwd(),
      tells: true,
      env: { ...env, ...run.env({ pass: 'list' }) },
      mounts: [
        ...systemMounts(ids()),
        ...wholeProject(run),
        ...(run.compiled ? [run.compiled] : []),
        { kind: 'closed', path: '/' },
      ],
    },
    { stdout: stream, stderr: stream },
  )
  return { listing: readListing(told), exitCode, output }
}

/** The project as it is, with its workspace and all packages. */
function wholeProject({ folder, cli }: TestRun): readonly Mount[] {
  const modules = packageFoldersAbove(folder)
  const readable = [
    ...modules.flatMap((each) => linkedPackages(each)),
    ...modules,
    ...packageFoldersAbove(dirname(cli)),
    ...ownPackage(),
    ...lockFilesOf(folder).map((file) => dirname(file)),
    folder,
  ]
  return [...new Set(readable)]
    .filter((path) => existsSync(path))
    .toSorted()
    .map((path) => ({ kind: 'readable', path }))
}
