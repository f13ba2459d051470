import { open, truncate, writeFile } from 'node:fs/promises'

import { FledgeError, GuestError, type ErrorCode } from '../errors.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import { withDeadline } from '../util/with-deadline.ts'
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

const explained = new Set<ErrorCode>(['ERR_FLEDGE_BAKE', 'ERR_FLEDGE_ABORTED', 'ERR_FLEDGE_OPTION'])

/**
 * Freezes a machine: its memory, the state of its devices, and what of their memory that leaves out. Its disk is whole in its
 * overlay afterwards, and the machine can only be killed.
 *
 * The state is written by `xen-save-devices-state`, which leaves the memory alone; the memory that differs from
 * the parent's file is found in `/proc/PID/pagemap` and copied out of `/proc/PID/mem`.
 *
 * @throws GuestError `ERR_FLEDGE_BAKE` when the machine ends, or does not answer in time
 */
export async function freeze(
  machine: OwnedMachine,
  files: FreezeFiles,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<{ sideMemory: SideMemoryRun[] }> {
  const onTimeout = (): GuestError => {
    const late = `it did not end within ${Math.round(timeoutMs / 1000)} s`
    return notFrozen(machine, machine.standstill === undefined ? late : `${late}: ${machine.standstill}`)
  }
  try {
    return await withDeadline({ timeoutMs, signal, onTimeout }, () =>
      Promise.race([write(machine, files), machine.ended.then((error) => Promise.reject(error))]),
    )
  } catch (error) {
    const cause = machine.over ?? error
    // A full disk and an abort are explained elsewhere.
    if (!(cause instanceof FledgeError) || explained.has(cause.code)) throw error
    throw notFrozen(machine, cause.message, cause)
  }
}

async function write(machine: OwnedMachine, files: FreezeFiles): Promise<{ sideMemory: SideMemoryRun[] }> {
  const { qmp, pid } = machine
  await machine.guest.rest()
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

function notFrozen(machine: OwnedMachine, why: string, cause?: FledgeError): GuestError {
  return new GuestError('ERR_FLEDGE_BAKE', `Cannot freeze "${machine.name}": ${why}`, {
    machine: machine.name,
    consoleTail: machine.console.tail(),
    hint: 'Is the disk of the cache very slow, or this host out of memory?',
    ...(cause === undefined ? {} : { cause }),
  })
}
