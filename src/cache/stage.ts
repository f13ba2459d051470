import { lstat, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { cacheFolder } from '../util/cache-folder.ts'
import { hasCode } from '../util/has-code.ts'
import { type StageKind, stageFolders } from './cache-entry.ts'
import { diskUsage } from './disk-usage.ts'

/** A folder of a stage, before anyone has read what is in it. */
export interface FoundFolder {
  readonly kind: StageKind
  readonly name: string
  readonly folder: string
  readonly bytes: number
  readonly made: Date
  readonly lastUsed: Date
}

/** The file of each kind that every machine of it reads, by all names that it may have. */
const usedFiles: Readonly<Record<StageKind, readonly string[]>> = {
  download: ['disk.qcow2', 'disk.raw'],
  image: ['disk.raw'],
  prepared: ['disk.raw', 'disk.qcow2'],
  template: ['memory'],
}

/** Where the entries of a kind are. */
export function stageFolder(kind: StageKind): string {
  return join(cacheFolder(), stageFolders[kind])
}

/** The names in a folder of the cache, hidden ones too; none when there is no such folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).toSorted()
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return []
    throw error
  }
}

/** The whole folders of a stage: not what is being filled, and not the locks. */
export async function foldersOf(kind: StageKind): Promise<readonly FoundFolder[]> {
  const names = (await namesIn(stageFolder(kind))).filter(
    (name) => !name.startsWith('.') && !name.endsWith('.lock'),
  )
  const found = await Promise.all(names.map((name) => lookAt(kind, name)))
  return found.filter((each) => each !== undefined)
}

async function lookAt(kind: StageKind, name: string): Promise<FoundFolder | undefined> {
  const folder = join(stageFolder(kind), name)
  const found = await lstat(folder).catch(() => undefined)
  if (!found?.isDirectory()) return undefined
  // The manifest is written last.
  const made = (await stat(join(folder, 'manifest.json')).catch(() => found)).mtime
  const files = await Promise.all(
    usedFiles[kind].map((file) => stat(join(folder, file)).catch(() => undefined)),
  )
  const used = (files.find((file) => file !== undefined) ?? found).atime
  return { kind, name, folder, bytes: await diskUsage(folder), made, lastUsed: used > made ? used : made }
}
