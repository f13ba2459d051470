import { join } from 'node:path'

import { cacheFolder } from '../util/cache-folder.ts'
import { makeFolder } from '../util/make-folder.ts'

/** The folder behind the shares that a machine does not use. */
export async function emptyFolder(): Promise<string> {
  const path = join(cacheFolder(), 'host', 'empty')
  await makeFolder(path)
  return path
}
