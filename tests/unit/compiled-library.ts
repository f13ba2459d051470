import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const project = join(import.meta.dirname, '../..')

/** The library, compiled for plain Node, so that other processes can use it. */
export interface CompiledLibrary extends AsyncDisposable {
  /**
   * Starts a process that runs a script.
   *
   * @param script gets a file of `src` by `await library('util/file-lock.js')`, and the arguments from `process.argv[1]` on
   */
  run(script: string, ...args: string[]): ChildProcess
}

/** Compiles the library; below node_modules, so that it finds what it depends on. */
export async function compileLibrary(): Promise<CompiledLibrary> {
  const parent = join(project, 'node_modules/.cache')
  await mkdir(parent, { recursive: true })
  const folder = await mkdtemp(join(parent, 'fledge-'))
  const compiler = join(project, 'node_modules/.bin/tsc')
  const run = promisify(execFile)
  // What it has to say about types is for another check.
  await run(compiler, ['-p', join(project, 'tsconfig.build.json'), '--outDir', folder]).catch(() => {})
  await access(join(folder, 'image/ensure-image.js'))
  const library = `const library = (file) => import(${JSON.stringify(`${folder}/`)} + file)\n`
  return {
    run: (script, ...args) =>
      spawn(process.execPath, ['--input-type=module', '--eval', library + script, ...args], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '' },
      }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}
