import { randomUUID } from 'node:crypto'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

import { isUnwritable } from '../util/cache-fault.ts'
import { cacheFolder } from '../util/cache-folder.ts'
import { notice } from '../util/notice.ts'
import { temporaryFolder } from '../util/temporary-folder.ts'
import { makeFolder } from '../util/make-folder.ts'

/** A new file that has lost its name already, so that nothing can leave it behind. */
export interface NamelessFile extends AsyncDisposable {
  readonly file: FileHandle
  /** Where its bytes are. */
  readonly folder: string
}

/** Makes a file without a name in the cache or, where that cannot be written, in the folder of temporary files. */
export async function namelessFile(): Promise<NamelessFile> {
  const folder = join(cacheFolder(), 'overlays')
  try {
    await makeFolder(folder)
    return await openIn(folder)
  } catch (error) {
    if (!isUnwritable(error)) throw error
    return openElsewhere()
  }
}

async function openElsewhere(): Promise<NamelessFile> {
  const [cache, folder] = [cacheFolder(), await temporaryFolder()]
  notice(
    `The cache "${cache}" cannot be written; what machines write goes to "${folder}"`,
    'Set FLEDGE_CACHE to a folder of your own, or TMPDIR to one with more space',
  )
  return openIn(folder)
}

async function openIn(folder: string): Promise<NamelessFile> {
  const path = join(folder, `fledge-${randomUUID()}`)
  const file = await open(path, 'wx+', 0o600)
  await rm(path)
  return { file, folder, [Symbol.asyncDispose]: () => file.close() }
}
