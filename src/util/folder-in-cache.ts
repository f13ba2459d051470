import { mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { lockFile } from './file-lock.ts'
import { hasCode } from './has-code.ts'
import { requireSparseFiles } from './require-sparse-files.ts'
import { unfinished } from './unfinished.ts'
import { whileSpaceLasts } from './while-space-lasts.ts'
import { makeFolder } from './make-folder.ts'

/** What {@link folderInCache} needs to know. */
export interface FolderInCache<T> {
  /** The folder's path when it is whole. */
  readonly folder: string
  /** What is in a folder, or nothing when that cannot be used. */
  readonly read: (folder: string) => Promise<T | undefined>
  /** Fills an empty folder beside it. The signal aborts with the caller's, and when the disk is full. */
  readonly fill: (partial: string, signal: AbortSignal) => Promise<void>
  /** Removes a folder that was being filled, however far that came. */
  readonly remove?: (folder: string) => Promise<void>
  /** Fills it anew even if it is there. */
  readonly refresh?: boolean
  readonly signal?: AbortSignal
  /** Called when another process is at it. */
  readonly onWait?: () => void
}

/**
 * Makes a folder of the cache at most once, however many processes ask, and only ever whole: it is filled
 * beside its place and renamed. What a killed process left half filled is removed by the next one.
 */
export async function folderInCache<T>(options: FolderInCache<T>): Promise<T> {
  const { folder, read, refresh = false, onWait, signal } = options
  const found = refresh ? undefined : await read(folder)
  if (found !== undefined) return found
  await using lock = await lockFile(`${folder}.lock`, {
    ...(signal === undefined ? {} : { signal }),
    ...(onWait === undefined ? {} : { onWait }),
  })
  await sweep(options)
  // Someone else's work while we waited is new enough even to refresh.
  const done = refresh && !lock.waited ? undefined : await read(folder)
  if (done !== undefined) return done
  await fillWhole(options)
  const made = await read(folder)
  if (made === undefined) throw new Error(`Cannot read what was just written to "${folder}"`)
  return made
}

async function fillWhole<T>(options: FolderInCache<T>): Promise<void> {
  const { folder, fill, remove = removeFolder } = options
  const partial = await mkdtemp(join(dirname(folder), `${prefix(folder)}${process.pid}-`))
  using _swept = unfinished(partial)
  try {
    await whileSpaceLasts(partial, options.signal, async (signal) => {
      await requireSparseFiles(partial)
      await fill(partial, signal)
    })
    options.signal?.throwIfAborted()
    await replace(folder, partial)
  } catch (error) {
    await remove(partial).catch((other: unknown) => {
      // The next holder of the lock tries again; what went wrong first is what is told.
      if (error instanceof Error) Object.assign(error, { suppressed: other })
    })
    throw error
  }
}

/** A folder cannot be renamed over one with files, so the old one steps aside first. */
async function replace(folder: string, partial: string): Promise<void> {
  const old = `${partial}-old`
  await rename(folder, old).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error
  })
  await rename(partial, folder)
  await removeFolder(old)
}

/** Only the holder of the lock fills, so all that is partial now was left by the dead. */
async function sweep<T>({ folder, remove = removeFolder }: FolderInCache<T>): Promise<void> {
  await makeFolder(dirname(folder))
  const names = await readdir(dirname(folder))
  for (const name of names.filter((one) => one.startsWith(prefix(folder)))) {
    await remove(join(dirname(folder), name))
  }
}

function prefix(folder: string): string {
  return `.partial-${basename(folder)}-`
}

async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}
