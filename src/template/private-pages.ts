import { open, readFile, realpath } from 'node:fs/promises'

import type { Extent } from '../util/extent.ts'
import { readWhole } from '../util/whole-io.ts'

const pageSize = 4096
/** Bits of an entry of `/proc/PID/pagemap`: https://docs.kernel.org/admin-guide/mm/pagemap.html. */
const present = 1n << 63n
const swapped = 1n << 62n
const backedByFile = 1n << 61n

/** Where a process maps a file. */
export interface Mapping {
  readonly address: number
  readonly length: number
}

/** Finds the mapping of a file in a process, by the file's name in `/proc/PID/maps`. */
export async function findMapping(pid: number, path: string): Promise<Mapping> {
  const maps = await readFile(`/proc/${pid}/maps`, 'utf8')
  // The kernel writes a newline in a name as `\012`.
  const name = (await realpath(path).catch(() => path)).replaceAll('\n', String.raw`\012`)
  const ranges = maps
    .split('\n')
    .filter((line) => line.endsWith(` ${name}`))
    .map((line) => (line.split(' ', 1)[0] ?? '').split('-').map((hex) => Number.parseInt(hex, 16)))
  const start = Math.min(...ranges.map(([from]) => from ?? Number.NaN))
  const end = Math.max(...ranges.map(([, to]) => to ?? Number.NaN))
  if (!(end > start)) throw new Error(`Cannot find "${path}" among the mappings of process ${pid}`)
  return { address: start, length: end - start }
}

/** The runs of a private mapping that the process has written to, and that so no longer are the file's. */
export async function privateRuns(pid: number, { address, length }: Mapping): Promise<Extent[]> {
  const entries = new BigUint64Array(length / pageSize)
  await using pagemap = await open(`/proc/${pid}/pagemap`)
  await readWhole(pagemap, new Uint8Array(entries.buffer), (address / pageSize) * 8)
  const runs: { offset: number; length: number }[] = []
  for (const [page, entry] of entries.entries()) {
    const isPrivate = (entry & swapped) !== 0n || ((entry & present) !== 0n && (entry & backedByFile) === 0n)
    if (!isPrivate) continue
    const last = runs.at(-1)
    if (last && last.offset + last.length === page * pageSize) last.length += pageSize
    else runs.push({ offset: page * pageSize, length: pageSize })
  }
  return runs
}
