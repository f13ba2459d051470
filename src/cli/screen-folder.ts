import { existsSync } from 'node:fs'
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const begin = 'fledge-screen-'

/** A folder for the socket of a screen, which nobody else can enter. Those of processes that were killed are removed. */
export async function screenFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const parent = process.env['XDG_RUNTIME_DIR'] || tmpdir()
  await sweep(parent)
  // Only its owner can enter what mkdtemp has made.
  const path = await mkdtemp(join(parent, `${begin}${process.pid}-`))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, pid] = new RegExp(`^${begin}(\\d+)-`).exec(name) ?? []
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue
    const path = join(parent, name)
    const found = await lstat(path).catch(() => undefined)
    if (found?.isDirectory() && found.uid === process.getuid?.())
      await rm(path, { recursive: true, force: true })
  }
}
