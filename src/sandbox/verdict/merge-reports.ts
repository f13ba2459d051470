import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { EnvironmentError } from '../../errors.ts'
import type { ReporterDescription } from './reporters.ts'

/** What {@link mergeReports} needs. */
export interface MergeOptions {
  /** The command line of the project's Playwright. */
  readonly playwright: string
  /** With one blob report in it; files that reports name stay there. */
  readonly folder: string
  /** The folder that all paths of the report begin in. */
  readonly rootDir: string
  /** Where reporters write that are not told a place. */
  readonly cwd: string
  /** With absolute paths. */
  readonly reporters: readonly ReporterDescription[]
  readonly env?: Readonly<Record<string, string>>
}

/** Beside this code in a working copy, in a folder of its own where it is built. */
const quiet = ['./quiet-reporter.ts', '../sandbox/verdict/quiet-reporter.js']
  .map((place) => fileURLToPath(new URL(place, import.meta.url)))
  .find((path) => existsSync(path))

/** Has Playwright make reports of a blob report, by the reporters of the project. */
export async function mergeReports(options: MergeOptions): Promise<void> {
  const { playwright, folder, rootDir, cwd, reporters, env } = options
  const place = await mkdtemp(join(tmpdir(), 'fledge-merge-'))
  try {
    const config = join(place, 'merge.config.mjs')
    const content = { testDir: rootDir, reporter: [...reporters, [quiet]] }
    await writeFile(config, `export default ${JSON.stringify(content)}\n`)
    const args = [
      '--pdeathsig',
      'TERM',
      '--',
      process.execPath,
      playwright,
      'merge-reports',
      '--config',
      config,
      folder,
    ]
    const child = spawn('setpriv', args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } })
    const [code] = (await once(child, 'exit')) as [number | null]
    if (code === 0) return
    throw new EnvironmentError(
      'ERR_FLEDGE_REPORT',
      `Cannot make the reports ${reporters.map(([name]) => `"${name}"`).join(', ')}: Playwright ended with ${code ?? 'a signal'}`,
      { hint: 'What it says is above. The tests have run, and --reporter list shows them without reports' },
    )
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}
