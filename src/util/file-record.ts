import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'

import * as v from 'valibot'

import { dataExtents } from './data-extents.ts'
import { dataPages } from './data-pages.ts'
import { readWhole } from './whole-io.ts'

/** What is known of a file that does not change any more. */
export interface FileRecord {
  readonly size: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly ino: number
  /** sha256 of the offsets and bytes of all pages that are not zeros; or that of all bytes, as `sha256:0123…` or `sha512:0123…`. */
  readonly digest: string
}

/** Files by their paths, which are relative to the folder that they are of. */
export type FileRecords = Readonly<Record<string, FileRecord>>

export const fileRecordSchema: v.GenericSchema<unknown, FileRecord> = v.object({
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  mtimeMs: v.number(),
  ctimeMs: v.number(),
  ino: v.number(),
  digest: v.string(),
})

export const fileRecordsSchema: v.GenericSchema<unknown, FileRecords> = v.record(v.string(), fileRecordSchema)

const chunkSize = 4 * 2 ** 20

/** Describes files that will not change any more. */
export async function recordFiles(folder: string, paths: readonly string[]): Promise<FileRecords> {
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await recordFile(join(folder, path))] as const)),
  )
}

/** The files that do not look as they did when they were recorded: the cheap check of every launch. */
export async function changedFiles(folder: string, records: FileRecords): Promise<string[]> {
  return differing(folder, records, looksTheSame)
}

/** The files that do not hold what they did when they were recorded: reads them all. */
export async function brokenFiles(folder: string, records: FileRecords): Promise<string[]> {
  return differing(folder, records, holdsTheSame)
}

async function differing(
  folder: string,
  records: FileRecords,
  isSame: (path: string, record: FileRecord) => Promise<boolean>,
): Promise<string[]> {
  const entries = Object.entries(records)
  const same = await Promise.all(entries.map(([path, record]) => isSame(join(folder, path), record)))
  return entries.filter((_, index) => !same[index]).map(([path]) => path)
}

/**
 * Describes a file that will not change any more.
 *
 * @param known the digest of all its bytes, as `sha256:0123…`, of who has it already; else the file is read
 */
export async function recordFile(path: string, known?: string): Promise<FileRecord> {
  return { ...(await times(path)), digest: known ?? (await digestOfData(path)) }
}

/** Whether a file has the size, the times and the inode that it had when it was recorded. */
export async function looksTheSame(path: string, record: FileRecord): Promise<boolean> {
  const now = await times(path).catch(() => undefined)
  return (
    now?.size === record.size &&
    now.mtimeMs === record.mtimeMs &&
    now.ctimeMs === record.ctimeMs &&
    now.ino === record.ino
  )
}

/** Whether a file holds what it did when it was recorded. */
export async function holdsTheSame(path: string, record: FileRecord): Promise<boolean> {
  const size = await stat(path).then(
    (found) => found.size,
    () => -1,
  )
  return size === record.size && (await digestLike(record.digest, path)) === record.digest
}

/** The digest of a file, of the same kind as another. */
async function digestLike(other: string, path: string): Promise<string> {
  const [algorithm = '', hex] = other.split(':')
  if (hex === undefined) return digestOfData(path)
  const hash = createHash(algorithm)
  for await (const bytes of createReadStream(path, { highWaterMark: chunkSize })) hash.update(bytes as Buffer)
  return `${algorithm}:${hash.digest('hex')}`
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
