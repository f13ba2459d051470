import { randomUUID } from 'node:crypto'
import { copyFile, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { hasCode } from '../../util/has-code.ts'
import { makeFolder } from '../../util/make-folder.ts'
import type { FileStore } from './file-store.ts'

/** Keeps files in a folder. */
export function folderStore(folder: string): FileStore {
  return {
    place: folder,
    read: async (name) => {
      const path = join(folder, name)
      const text = await orNothing(readFile(path, 'utf8'))
      if (text !== undefined) await noteUse(path)
      return text
    },
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

/** Notes that a file was read, which file systems do once a day or not at all, for whoever prunes. */
async function noteUse(path: string): Promise<void> {
  const { mtime } = await stat(path)
  // Who cannot write there does not prune either.
  await utimes(path, new Date(), mtime).catch(() => {})
}

async function orNothing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined
    throw error
  }
}
