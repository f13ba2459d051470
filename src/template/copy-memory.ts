import { open, type FileHandle } from 'node:fs/promises'

import { readWhole, type Mapping, type MemoryRun } from './private-pages.ts'

const pageSize = 4096
const chunkSize = 4 * 2 ** 20
const zeroPage = Buffer.alloc(pageSize)

/**
 * Copies runs of a stopped process's memory to the same offsets of a file.
 *
 * @param sparse the file has nothing but holes there, so that pages of zeros can be left out
 * @returns the bytes that were written
 */
export async function copyMemory(
  pid: number,
  { address }: Mapping,
  runs: readonly MemoryRun[],
  target: FileHandle,
  { sparse }: { sparse: boolean },
): Promise<number> {
  await using memory = await open(`/proc/${pid}/mem`)
  const chunk = Buffer.allocUnsafe(chunkSize)
  let written = 0
  for (const run of runs) {
    for (let at = run.offset; at < run.offset + run.length; at += chunkSize) {
      const part = chunk.subarray(0, Math.min(chunkSize, run.offset + run.length - at))
      await readWhole(memory, part, address + at)
      for (const { offset, length } of sparse ? dataRuns(part) : [{ offset: 0, length: part.length }]) {
        await target.write(part, offset, length, at + offset)
        written += length
      }
    }
  }
  return written
}

/** The pages that are not all zeros. */
export function* dataPages(buffer: Buffer): Generator<{ offset: number; bytes: Buffer }> {
  for (let offset = 0; offset < buffer.length; offset += pageSize) {
    const bytes = buffer.subarray(offset, offset + pageSize)
    if (!bytes.equals(zeroPage.subarray(0, bytes.length))) yield { offset, bytes }
  }
}

/** The runs of pages that are not all zeros. */
export function dataRuns(buffer: Buffer): MemoryRun[] {
  const runs: { offset: number; length: number }[] = []
  for (const { offset, bytes } of dataPages(buffer)) {
    const last = runs.at(-1)
    if (last && last.offset + last.length === offset) last.length += bytes.length
    else runs.push({ offset, length: bytes.length })
  }
  return runs
}
