import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { test } from '@playwright/test'

import { prepare } from '../../src/index.ts'
import { type AcceleratorPolicy, chooseAccelerator } from '../../src/qemu/accelerator.ts'
import { qemuCapabilities } from '../../src/qemu/capabilities.ts'

/** The command line as it is built. */
export const mainFile = join(import.meta.dirname, '../../dist/cli/main.js')

/** The image that the tests run in. */
export const image = 'debian:13-minimal'

/** What "auto" means here, said by name: the notice that machines are emulated has a test of its own. */
let accelerator = (process.env['FLEDGE_ACCELERATOR'] || 'auto') as AcceleratorPolicy

/** Has the image made before the tests of a file, in the time of none of them. */
export function prepareImage(): void {
  test.beforeAll(async () => {
    test.setTimeout(0)
    await prepare(image)
    accelerator = await chooseAccelerator(await qemuCapabilities(), accelerator)
  })
}

/** How a run of the command line ended. */
export interface Run {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** What a run is given. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** A program with arguments that runs it, as `prlimit`. */
  readonly under?: readonly string[]
  /** Default: nothing to read. */
  readonly input?: string | Buffer
  /** Default: that of the tests. */
  readonly cwd?: string
}

/** Starts the command line as its users do. */
export function startFledge(
  args: readonly string[],
  { env = {}, under = [], cwd }: RunOptions = {},
): ChildProcess {
  const [program = process.execPath, ...rest] = [...under, process.execPath, mainFile, ...args]
  return spawn(program, rest, {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd,
    env: { ...process.env, FLEDGE_ACCELERATOR: accelerator, NO_COLOR: '1', FLEDGE_DEBUG: '', ...env },
  })
}

/** Runs the command line to its end. */
export async function fledge(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const child = startFledge(args, options)
  const ended = finish(child)
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.input)
  return ended
}

/** Gathers all that a run says until its end. */
export async function finish(child: ChildProcess): Promise<Run> {
  const stdout: Buffer[] = []
  let stderr = ''
  child.stdout?.on('data', (bytes: Buffer) => stdout.push(bytes))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout: Buffer.concat(stdout), stderr }
}

/** The processes below one, by their ids, with their names. */
export async function descendants(parent: number): Promise<ReadonlyMap<number, string>> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const stats = await Promise.all(ids.map((id) => readFile(`/proc/${id}/stat`, 'utf8').catch(() => '')))
  const rows = stats.flatMap((stat) => {
    const [, id, name = '', above] = /^(\d+) \((.*)\) \S (\d+)/s.exec(stat) ?? []
    return id === undefined ? [] : [{ id: Number(id), name, above: Number(above) }]
  })
  const below = new Map<number, string>()
  const visit = (above: number): void => {
    for (const row of rows.filter((each) => each.above === above)) {
      below.set(row.id, row.name)
      visit(row.id)
    }
  }
  visit(parent)
  return below
}

/** Whether there is such a process. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
