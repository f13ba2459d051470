import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { cacheFolder } from '../util/cache-folder.ts'

/** The folder behind the shares that a machine does not use. */
export async function emptyFolder(): Promise<string> {
  const path = join(cacheFolder(), 'host', 'empty')
  await mkdir(path, { recursive: true })
  return path
}
