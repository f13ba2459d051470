import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const project = join(import.meta.dirname, '../../..')

/** The library, compiled for plain Node, so that other processes can use it. */
export interface CompiledLibrary extends AsyncDisposable {
  /** Starts a process that finds or builds an image, and prints its folder. */
  ensureImage(name: string): ChildProcess
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
  const script = `
    const { resolveImage } = await import(${JSON.stringify(join(folder, 'image/resolve-image.js'))})
    const { ensureImage } = await import(${JSON.stringify(join(folder, 'image/ensure-image.js'))})
    console.log((await ensureImage(resolveImage(process.argv[1]))).folder)`
  return {
    ensureImage: (name) =>
      spawn(process.execPath, ['--input-type=module', '--eval', script, name], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '' },
      }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}
