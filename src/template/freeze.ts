import { open, truncate, writeFile } from 'node:fs/promises'

import type { OwnedMachine } from '../owner/owned-machine.ts'
import { copyMemory } from './copy-memory.ts'
import { findMapping, privateRuns } from './private-pages.ts'
import { findSideMemory, readSideMemory, type SideMemoryRun } from './side-memory.ts'

/** Where a freeze puts the machine's state, and the memory that the machine is a private mapping of. */
export interface FreezeFiles {
  /** The file that the machine was started on; it has only holes for a machine that booted. */
  readonly parentMemory: string
  readonly memory: string
  readonly devices: string
  readonly sideMemory: string
}

/**
 * Freezes a machine: its memory, the state of its devices, and what of their memory that leaves out. Its disk is whole in its
 * overlay afterwards, and the machine can only be killed.
 *
 * The state is written by `xen-save-devices-state`, which leaves the memory alone; the memory that differs from
 * the parent's file is found in `/proc/PID/pagemap` and copied out of `/proc/PID/mem`.
 */
export async function freeze(
  machine: OwnedMachine,
  files: FreezeFiles,
): Promise<{ sideMemory: SideMemoryRun[] }> {
  const { qmp, pid } = machine
  // Its answer ends the last frame: a clone's agent must not wake in the middle of one.
  await machine.channel.ping()
  await qmp.run('stop')
  const side = await readSideMemory(pid, await findSideMemory(qmp))
  // `live` makes QEMU hand the disk over as it would to another host: all its caches are written.
  await qmp.run('xen-save-devices-state', { filename: files.devices, live: true })
  const mapping = await findMapping(pid, files.parentMemory)
  const runs = await privateRuns(pid, mapping)
  await writeFile(files.memory, '')
  await truncate(files.memory, mapping.length)
  await using target = await open(files.memory, 'r+')
  await copyMemory(pid, mapping, runs, target, { sparse: true })
  await writeFile(files.sideMemory, side.bytes)
  return { sideMemory: side.runs }
}
