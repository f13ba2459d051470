import { readdir, readFile } from 'node:fs/promises'
import { resolve, sep } from 'node:path'

/** Every running program's arguments by its process id, as far as we may see them. */
export type RunningPrograms = ReadonlyMap<number, string>

/** The running programs that have this cache's files among their arguments, as every QEMU of ours has. */
export async function programsOn(cache: string): Promise<RunningPrograms> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const lines = await Promise.all(ids.map((id) => argumentsOf(id)))
  const prefixes = spellings(resolve(cache) + sep)
  return new Map(
    ids.flatMap((id, index): [number, string][] => {
      const line = lines[index] ?? ''
      const isOurs = prefixes.some((prefix) => line.includes(prefix)) && line.includes('memory-backend-file')
      return isOurs ? [[id, line]] : []
    }),
  )
}

/** Those that use files of one folder. */
export function machinesOn(programs: RunningPrograms, folder: string): readonly number[] {
  const prefixes = spellings(folder + sep)
  return [...programs].flatMap(([id, line]) => (prefixes.some((prefix) => line.includes(prefix)) ? [id] : []))
}

/** A path as it is among QEMU's arguments: plain, or in JSON, which has other words for quotes and newlines. */
function spellings(path: string): readonly string[] {
  return [path, JSON.stringify(path).slice(1, -1)]
}

async function argumentsOf(id: number): Promise<string> {
  return readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')
}
