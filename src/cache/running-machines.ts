import { readdir, readFile } from 'node:fs/promises'
import { resolve, sep } from 'node:path'

/** Every running program's arguments by its process id, as far as we may see them. */
export type RunningPrograms = ReadonlyMap<number, string>

/** The running programs that have this cache's files among their arguments, as every QEMU of ours has. */
export async function programsOn(cache: string): Promise<RunningPrograms> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const lines = await Promise.all(ids.map((id) => argumentsOf(id)))
  const prefix = resolve(cache) + sep
  return new Map(
    ids.flatMap((id, index): [number, string][] => {
      const line = lines[index] ?? ''
      return line.includes(prefix) && line.includes('memory-backend-file') ? [[id, line]] : []
    }),
  )
}

/** Those that use files of one folder. */
export function machinesOn(programs: RunningPrograms, folder: string): readonly number[] {
  return [...programs].filter(([, line]) => line.includes(folder + sep)).map(([id]) => id)
}

async function argumentsOf(id: number): Promise<string> {
  return readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')
}
