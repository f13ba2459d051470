import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { EnvironmentError, FledgeError } from '../../errors.ts'
import type { MachineDescription } from './machine-description.ts'
import { socketFolder } from '../owner-place.ts'
import { findOwner } from './reach-owner.ts'
import type { RemoteOwner } from './remote-owner.ts'

/** A machine, and the socket of who holds it. */
export interface FoundMachine extends MachineDescription {
  readonly socket: string
}

/** What is found of machines that run. */
export interface RunningMachines {
  /** Those that were launched first, first. */
  readonly machines: readonly FoundMachine[]
  /** What kept holders from telling of theirs, as those of another version of fledge. */
  readonly refusals: readonly FledgeError[]
}

/** All machines that other processes of this user can ask. */
export async function allMachines(): Promise<RunningMachines> {
  const folder = socketFolder()
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sock')).toSorted()
  const machines: FoundMachine[] = []
  const refusals: FledgeError[] = []
  for (const socket of names.map((name) => join(folder, name))) {
    try {
      machines.push(...(await machinesOf(socket)))
    } catch (error) {
      if (!(error instanceof FledgeError)) throw error
      refusals.push(error)
    }
  }
  return { machines: machines.toSorted((a, b) => a.sinceMs - b.sinceMs), refusals }
}

async function machinesOf(socket: string): Promise<FoundMachine[]> {
  const owner = await findOwner(socket)
  if (!owner) {
    // Its process was killed; machines end with their holder.
    await rm(socket, { force: true })
    return []
  }
  using _ = owner
  return (await owner.list()).map((each) => ({ ...each, socket }))
}

/**
 * Connects to the holder of a machine.
 *
 * @param name of the machine; or its id, or the beginning of that, where several have the same name
 * @throws EnvironmentError `ERR_FLEDGE_NO_MACHINE`
 */
export async function findMachine(name: string): Promise<{ owner: RemoteOwner; machine: FoundMachine }> {
  const { machines, refusals } = await allMachines()
  const named = machines.filter((each) => each.name === name)
  const found = named.length > 0 ? named : machines.filter((each) => each.id.startsWith(name))
  const [machine] = found
  if (machine && found.length === 1) {
    const owner = await findOwner(machine.socket)
    if (owner) return { owner, machine }
  }
  if (!machine && refusals[0]) throw refusals[0]
  throw new EnvironmentError(
    'ERR_FLEDGE_NO_MACHINE',
    found.length > 1
      ? `Cannot tell which machine is meant by "${name}": ${found.length} have that name`
      : `Cannot find a running machine "${name}"`,
    {
      hint:
        found.length > 1
          ? `Use one of their ids: ${found.map(({ id }) => id.slice(0, 8)).join(', ')}`
          : 'See "fledge ps"',
    },
  )
}
