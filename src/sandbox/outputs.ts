import { join, resolve } from 'node:path'

import { MisuseError } from '../errors.ts'
import type { Listing } from './listing.ts'
import type { TestRun } from './test-run.ts'
import { withoutReporters } from './without-reporters.ts'

/** Where a run writes its results. */
export interface Outputs {
  readonly folders: readonly string[]
  /** Files in folders that are not for results. */
  readonly files: readonly string[]
  /** Says where, to reporters that would take it from the folder of the configuration. */
  readonly env: Readonly<Record<string, string>>
}

/** The folders that reporters write to when nothing is said. */
const usual: Readonly<Record<string, string>> = { html: 'playwright-report', blob: 'blob-report' }

/**
 * Finds where Playwright and its reporters write.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` when that is the project itself, which is only read
 */
export function findOutputs(listing: Listing, run: TestRun): Outputs {
  const { reporters, added } = withoutReporters(run.args)
  const own = reporters?.map((name): [string, unknown] => [name, undefined]) ?? listing.reporters
  const used = [...own, ...added.map((name): [string, unknown] => [name, undefined])]
  const folders = new Set(listing.projects.map(({ outputDir }) => outputDir))
  const files = new Set<string>()
  const env: Record<string, string> = {}
  for (const [name, options] of used) {
    for (const [key, value] of Object.entries(options ?? {})) {
      if (typeof value !== 'string') continue
      if (key === 'outputFile') files.add(resolve(run.folder, value))
      if (key === 'outputFolder' || key === 'outputDir') folders.add(resolve(run.folder, value))
    }
    const variable = (end: string): string => `PLAYWRIGHT_${name.toUpperCase()}_${end}`
    const file = process.env[variable('OUTPUT_FILE')] || process.env[variable('OUTPUT_NAME')]
    const folder = process.env[variable('OUTPUT_DIR')] || process.env[variable('REPORT')]
    if (file) {
      const path = resolve(
        folder ?? (process.env[variable('OUTPUT_FILE')] ? process.cwd() : run.folder),
        file,
      )
      files.add(path)
      env[variable('OUTPUT_FILE')] = path
    } else if (folder) folders.add(resolve(folder))
    else if (usual[name] !== undefined) folders.add(join(run.folder, usual[name]))
  }
  const within = [...folders].find((each) => isIn(run.folder, each))
  if (within !== undefined) {
    throw new MisuseError(
      'ERR_FLEDGE_OPTION',
      `Cannot seal a run whose results go to "${within}": the project "${run.folder}" is in it, and is only read`,
      { hint: 'Name a folder of its own in outputDir, or in the options of the reporter' },
    )
  }
  const apart = [...files].filter((file) => ![...folders].some((folder) => isIn(file, folder)))
  return { folders: outermost([...folders]), files: apart, env }
}

/** Whether a path is a folder, or in it. */
export function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)
}

function outermost(folders: readonly string[]): readonly string[] {
  return folders
    .filter((folder) => !folders.some((other) => other !== folder && isIn(folder, other)))
    .toSorted()
}
