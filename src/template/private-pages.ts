import { open, readFile, realpath, type FileHandle } from 'node:fs/promises'

const pageSize = 4096
/** Bits of an entry of `/proc/PID/pagemap`: https://docs.kernel.org/admin-guide/mm/pagemap.html. */
const present = 1n << 63n
const swapped = 1n << 62n
const backedByFile = 1n << 61n

/** A run of bytes of a machine's memory: where it begins and how long it is. */
export interface MemoryRun {
  readonly offset: number
  readonly length: number
}

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
export async function privateRuns(pid: number, { address, length }: Mapping): Promise<MemoryRun[]> {
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

/** Fills a buffer from a file, or throws at its end. */
export async function readWhole(file: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done)
    if (bytesRead === 0)
      throw new Error(`Cannot read ${into.length} bytes at ${position}: the file ends at ${position + done}`)
    done += bytesRead
  }
}
