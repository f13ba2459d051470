import { rename, rm } from 'node:fs/promises'

import { runTool } from '../util/run-tool.ts'

/**
 * Writes a disk to a qcow2 file that rests on no other, and leaves nothing half written.
 *
 * @param source as qemu-img can open it
 */
export async function writeDisk(
  source: string,
  target: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const partial = `${target}.partial-${process.pid}`
  try {
    const options = signal === undefined ? {} : { signal }
    await runTool('qemu-img', ['convert', '-O', 'qcow2', '--', source, partial], options)
    await rename(partial, target)
  } finally {
    await rm(partial, { force: true })
  }
}
