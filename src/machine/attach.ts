import type { RunningMachines } from '../owner/remote/all-machines.ts'
import { checkValue, text } from '../util/check-options.ts'
import type { Machine } from './machine.ts'

/**
 * Takes hold of a machine that runs in another process of this user: one that was launched with `keep`, that a `fledge shell` has open, or
 * whose test is paused. All verbs work; `detach`, or the end of `await using`, lets go of it, and `stop` ends it for everyone.
 *
 * @param name of the machine, as `fledge ps` lists it
 *
 * @throws EnvironmentError `ERR_FLEDGE_NO_MACHINE` when none has that name, `ERR_FLEDGE_OWNER` when it is held by another version
 * of fledge
 *
 * @example
 * await using vm = await attach('web')
 * console.log((await vm.succeed('hostname')).stdout)
 */
export async function attach(name: string): Promise<Machine> {
  checkValue('attach', 'name', name, text)
  // Loaded for those who use it.
  const [{ findMachine }, { remoteMachine }] = await Promise.all([
    import('../owner/remote/all-machines.ts'),
    import('./remote-machine.ts'),
  ])
  const { owner, machine } = await findMachine(name)
  return remoteMachine(owner, await owner.attach(machine.id), { runsOn: true })
}

/** All machines that other processes of this user can ask, and what kept some of their holders from telling of theirs. */
export async function listMachines(): Promise<RunningMachines> {
  return (await import('../owner/remote/all-machines.ts')).allMachines()
}
