import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { hasCode } from '../util/has-code.ts'

/** The bytes that a file or a folder with all that is in it takes on the disk: the holes of sparse files take none. */
export async function diskUsage(path: string): Promise<number> {
  try {
    const found = await lstat(path)
    const own = found.blocks * 512
    if (!found.isDirectory()) return own
    const names = await readdir(path)
    const parts = await Promise.all(names.map((name) => diskUsage(join(path, name))))
    return parts.reduce((sum, part) => sum + part, own)
  } catch (error) {
    // It went away while we looked.
    if (hasCode(error, 'ENOENT')) return 0
    throw error
  }
}
