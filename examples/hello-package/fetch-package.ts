import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const dist = join(import.meta.dirname, 'dist')

/**
 * Fetches GNU hello as this host's own package, once, in place of a build: your project puts its own packages into `dist`.
 * It needs apt, and neither root nor package lists that someone has fetched before.
 */
export default async function fetchPackage(): Promise<void> {
  await mkdir(dist, { recursive: true })
  if ((await readdir(dist)).some((name) => /^hello_.*\.deb$/.test(name))) return
  const state = await mkdtemp(join(dist, '.apt-'))
  try {
    // Lists of our own: the host's may be missing or old, and only root may renew them.
    const options = [`Dir::State::Lists=${state}/lists`, `Dir::Cache=${state}/cache`].flatMap((each) => [
      '-o',
      each,
    ])
    await mkdir(join(state, 'lists/partial'), { recursive: true })
    await mkdir(join(state, 'cache/archives/partial'), { recursive: true })
    await run('apt-get', ['-q', ...options, 'update'])
    await run('apt-get', ['-q', ...options, 'download', 'hello'], { cwd: dist })
  } catch (error) {
    throw new Error(
      'Cannot fetch the package "hello" with this host\'s apt. ' +
        `On a host without it, put any hello_*.deb into "${dist}"`,
      { cause: error },
    )
  } finally {
    if (existsSync(state)) await rm(state, { recursive: true })
  }
}
