import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { EnvironmentError } from '../../errors.ts'
import type { ReporterDescription } from './reporters.ts'

/** What {@link mergeReports} needs. */
export interface MergeOptions {
  /** With one blob report in it; files that reports name stay there. */
  readonly folder: string
  /** The folder that all paths of the report begin in. */
  readonly rootDir: string
  /** With absolute paths. */
  readonly reporters: readonly ReporterDescription[]
  /** The path of the configuration that reporters take places from, and that reports name. */
  readonly config: string
  /** Runs Playwright, with a text in place of the configuration, and gives its exit status. */
  readonly playwright: (args: readonly string[], configuration: string) => Promise<number>
}

/** Beside this code in a working copy, in a folder of its own where it is built. */
const quiet = ['./quiet-reporter.ts', '../sandbox/verdict/quiet-reporter.js']
  .map((place) => fileURLToPath(new URL(place, import.meta.url)))
  .find((path) => existsSync(path))

/** Where Playwright is told what not to say. */
export const quietReporter: ReporterDescription = [quiet ?? '']

/** Has Playwright make reports of a blob report, by the reporters of the project. */
export async function mergeReports(options: MergeOptions): Promise<void> {
  const { folder, rootDir, reporters, config, playwright } = options
  const content = { testDir: rootDir, reporter: [...reporters, quietReporter] }
  const text = `export default ${JSON.stringify(content)}\n`
  const code = await playwright(['merge-reports', '--config', config, folder], text)
  if (code === 0) return
  throw new EnvironmentError(
    'ERR_FLEDGE_REPORT',
    `Cannot make the reports ${reporters.map(([name]) => `"${name}"`).join(', ')}: Playwright ended with ${code}`,
    { hint: 'What it says is above. The tests have run, and "--reporter list" shows them without reports' },
  )
}
