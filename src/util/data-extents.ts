import { stat } from 'node:fs/promises'

import type { Extent } from './extent.ts'
import { runTool, ToolError } from './run-tool.ts'

const blockSize = 4096

/**
 * Where a sparse file has data. Node cannot seek to it (`SEEK_DATA`), so `filefrag` of e2fsprogs tells; on a file system that
 * cannot say, it is the whole file.
 */
export async function dataExtents(path: string): Promise<Extent[]> {
  const { size } = await stat(path)
  try {
    const { stdout } = await runTool('filefrag', ['-v', '-s', `-b${blockSize}`, path])
    return parseExtents(stdout, size)
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    return size === 0 ? [] : [{ offset: 0, length: size }]
  }
}

/** Reads the table of `filefrag -v`: `   0:        0..     255:      34816..     35071:    256:   last,eof`. */
export function parseExtents(table: string, size: number): Extent[] {
  const extents = [...table.matchAll(/^\s*\d+:\s*(\d+)\.\.\s*(\d+):/gm)].map(([, first, last]) => {
    const offset = Number(first) * blockSize
    return { offset, length: Math.min((Number(last) + 1) * blockSize, size) - offset }
  })
  // Space may be reserved beyond the end of a file.
  return extents.filter(({ length }) => length > 0)
}
