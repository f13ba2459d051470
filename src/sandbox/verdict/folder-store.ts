import { randomUUID } from 'node:crypto'
import { copyFile, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { hasCode } from '../../util/has-code.ts'
import { makeFolder } from '../../util/make-folder.ts'
import type { FileStore } from './file-store.ts'

/** Keeps files in a folder. */
export function folderStore(folder: string): FileStore {
  return {
    place: folder,
    read: (name) => orNothing(readFile(join(folder, name), 'utf8')),
    fetch: async (name) => {
      const path = join(folder, name)
      return (await orNothing(stat(path))) && path
    },
    write: async (name, content) => {
      await makeFolder(folder)
      const partial = join(folder, `.partial-${name}-${randomUUID()}`)
      try {
        if ('text' in content) await writeFile(partial, content.text)
        else await copyFile(content.path, partial)
        await rename(partial, join(folder, name))
      } finally {
        await rm(partial, { force: true })
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

async function orNothing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined
    throw error
  }
}
