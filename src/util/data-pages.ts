import type { Extent } from './extent.ts'

const pageSize = 4096
const zeroPage = Buffer.alloc(pageSize)

/** The pages that are not all zeros. */
export function* dataPages(buffer: Buffer): Generator<{ offset: number; bytes: Buffer }> {
  for (let offset = 0; offset < buffer.length; offset += pageSize) {
    const bytes = buffer.subarray(offset, offset + pageSize)
    if (!bytes.equals(zeroPage.subarray(0, bytes.length))) yield { offset, bytes }
  }
}

/** The runs of pages that are not all zeros. */
export function dataRuns(buffer: Buffer): Extent[] {
  const runs: { offset: number; length: number }[] = []
  for (const { offset, bytes } of dataPages(buffer)) {
    const last = runs.at(-1)
    if (last && last.offset + last.length === offset) last.length += bytes.length
    else runs.push({ offset, length: bytes.length })
  }
  return runs
}
