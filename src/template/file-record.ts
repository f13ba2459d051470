import { createHash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'

import { dataPages } from './copy-memory.ts'
import { dataExtents } from './data-extents.ts'
import type { FileRecord } from './manifest.ts'
import { readWhole } from './private-pages.ts'

const chunkSize = 4 * 2 ** 20

/** Describes a file that will not change any more. */
export async function recordFile(path: string): Promise<FileRecord> {
  return { ...(await times(path)), digest: await digestOfData(path) }
}

/** Whether a file looks as it did when it was recorded: the cheap check of every launch. */
export async function looksTheSame(path: string, record: FileRecord): Promise<boolean> {
  const now = await times(path).catch(() => undefined)
  return (
    now?.size === record.size &&
    now.mtimeMs === record.mtimeMs &&
    now.ctimeMs === record.ctimeMs &&
    now.ino === record.ino
  )
}

/** Whether a file holds what it did when it was recorded: reads it all. */
export async function holdsTheSame(path: string, record: FileRecord): Promise<boolean> {
  const size = await stat(path).then(
    (found) => found.size,
    () => -1,
  )
  return size === record.size && (await digestOfData(path)) === record.digest
}

async function times(path: string): Promise<Omit<FileRecord, 'digest'>> {
  const { size, mtimeMs, ctimeMs, ino } = await stat(path)
  return { size, mtimeMs, ctimeMs, ino }
}

/** Where a sparse file has holes, and where zeros, is not told apart: a copy may differ in that. */
async function digestOfData(path: string): Promise<string> {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafe(chunkSize)
  await using file = await open(path)
  for (const extent of await dataExtents(path)) {
    const end = extent.offset + extent.length
    for (let at = extent.offset; at < end; at += chunkSize) {
      const part = chunk.subarray(0, Math.min(chunkSize, end - at))
      await readWhole(file, part, at)
      for (const page of dataPages(part)) hash.update(`${at + page.offset}:`).update(page.bytes)
    }
  }
  return hash.digest('hex')
}
