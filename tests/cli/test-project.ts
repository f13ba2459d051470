import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

import type { JSONReport, JSONReportSuite, JSONReportTestResult } from '@playwright/test/reporter'

const root = join(import.meta.dirname, '../..')

/** A project of a user, in a folder of its own, that has fledge as it was built. */
export interface TestProject extends AsyncDisposable {
  readonly folder: string
  /** Starts `fledge test` in it. */
  start(...args: string[]): TestRun
  /** Runs `fledge test` in it to its end. */
  run(...args: string[]): Promise<FinishedRun>
}

interface TestRun {
  readonly process: ChildProcess
  readonly finished: Promise<FinishedRun>
}

export interface FinishedRun {
  readonly exitCode: number | null
  /** Both of its outputs, without colours. */
  readonly output: string
  /** Results by the title of the test, when the run was asked for `--reporter json`. */
  readonly results: ReadonlyMap<string, readonly JSONReportTestResult[]>
}

/** The first result of a test in a run that was asked for `--reporter json`. */
export function resultOf({ results, output }: FinishedRun, title: string): JSONReportTestResult {
  const [found] = results.get(title) ?? []
  if (!found) throw new Error(`No result of "${title}":\n${output}`)
  return found
}

/** How `fledge test` is run. */
export interface ProjectOptions {
  /** Besides what the tests have. */
  readonly env?: Readonly<Record<string, string>>
  /** A program with arguments that runs it, as `setpriv`. */
  readonly under?: readonly string[]
}

/** Makes a project of some files. */
export async function testProject(
  files: Readonly<Record<string, string>>,
  options: ProjectOptions = {},
): Promise<TestProject> {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-project-'))
  await mkdir(join(folder, 'node_modules/@playwright'), { recursive: true })
  await symlink(root, join(folder, 'node_modules/fledge'))
  await symlink(join(root, 'node_modules/@playwright/test'), join(folder, 'node_modules/@playwright/test'))
  for (const [path, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const start = (...args: string[]): TestRun => startIn(folder, args, options)
  return {
    folder,
    start,
    run: (...args) => start(...args).finished,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, maxRetries: 3 }),
  }
}

function startIn(
  folder: string,
  args: readonly string[],
  { env: own = {}, under = [] }: ProjectOptions,
): TestRun {
  const report = join(folder, 'report.json')
  // The run under test must not take itself for a part of this one.
  const { CI: _, NODE_OPTIONS: __, ...env } = process.env
  // What another project has shown is no news in this one.
  env['FLEDGE_VERDICTS'] ??= join(folder, 'node_modules/.verdicts')
  const [program = '', ...rest] = [
    ...under,
    process.execPath,
    join(root, 'dist/cli/main.js'),
    'test',
    ...args,
  ]
  const child = spawn(program, rest, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, NO_COLOR: '1', FORCE_COLOR: undefined, PLAYWRIGHT_JSON_OUTPUT_NAME: report, ...own },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += stripVTControlCharacters(text)))
  }
  const finish = async (): Promise<FinishedRun> => {
    const [exitCode] = (await once(child, 'close')) as [number | null]
    return { exitCode, output, results: await readResults(report) }
  }
  return { process: child, finished: finish() }
}

async function readResults(report: string): Promise<FinishedRun['results']> {
  const text = await readFile(report, 'utf8').catch(() => undefined)
  const results = new Map<string, JSONReportTestResult[]>()
  const collect = ({ specs, suites = [] }: JSONReportSuite): void => {
    for (const { title, tests } of specs) {
      results.set(title, [...(results.get(title) ?? []), ...tests.flatMap((each) => each.results)])
    }
    suites.forEach(collect)
  }
  if (text !== undefined) (JSON.parse(text) as JSONReport).suites.forEach(collect)
  return results
}
