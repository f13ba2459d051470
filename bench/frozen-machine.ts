import { readFile } from 'node:fs/promises'

import { launch } from 'fledge'

/** What a clone is restored from: its QEMU's command line, and the files on the descriptors that it names. */
export interface FrozenMachine {
  readonly program: string
  readonly args: readonly string[]
  /** The frozen state of the devices, which the clone reads from descriptor 7. */
  readonly devices: string
  /** The frozen disk, of which each restored machine writes to a copy. */
  readonly disk: string
}

/** Reads from a running clone what it was restored from. Its disk then is the frozen overlay itself, and none above it. */
export async function frozenMachine(image: string, signal: AbortSignal): Promise<FrozenMachine> {
  await using _ = await launch(image, { signal })
  const [pid] = await machinePids()
  const [program = '', ...args] = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(0, -1)
  const at = args.findIndex((arg) => arg.startsWith('{"driver":"qcow2"'))
  const overlay = JSON.parse(args[at] ?? '{}') as Layer
  const frozen = overlay.backing
  if (!frozen?.backing) throw new Error(`Cannot find the disk in ${args.join(' ')}`)
  args[at] = JSON.stringify({ ...overlay, backing: frozen.backing })
  const disk = frozen.file.filename
  return { program, args, disk, devices: disk.replace(/[^/]*$/, 'devices') }
}

interface Layer {
  readonly file: { readonly filename: string }
  readonly backing?: Layer
}

/** The processes of this process's own machines. */
export async function machinePids(): Promise<number[]> {
  const children = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8')
  const found = await Promise.all(
    children
      .split(' ')
      .filter(Boolean)
      .map(async (pid) => {
        const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
        return line.includes('memory-backend-file') ? [Number(pid)] : []
      }),
  )
  return found.flat()
}
