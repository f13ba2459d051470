import { open, type FileHandle } from 'node:fs/promises'

import { dataRuns } from '../util/data-pages.ts'
import type { Extent } from '../util/extent.ts'
import { readWhole, writeWhole } from '../util/whole-io.ts'
import type { Mapping } from './private-pages.ts'

const chunkSize = 4 * 2 ** 20

/**
 * Copies runs of a stopped process's memory to the same offsets of a file.
 *
 * @param sparse the file has nothing but holes there, so that pages of zeros can be left out
 * @returns the bytes that were written
 */
export async function copyMemory(
  pid: number,
  { address }: Mapping,
  runs: readonly Extent[],
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
        await writeWhole(target, part.subarray(offset, offset + length), at + offset)
        written += length
      }
    }
  }
  return written
}
