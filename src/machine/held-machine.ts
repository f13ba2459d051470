import { MisuseError } from '../errors.ts'
import type { Machine } from './machine.ts'
import type { Power } from './power.ts'
import type { ReturningShares } from './sync-shares.ts'

/** What a machine's holder needs to serve it to other processes, and no user. */
interface HeldMachine {
  readonly power: Power
  readonly shares: ReturningShares | undefined
}

const held = new WeakMap<Machine, HeldMachine>()

/** Notes what is behind a machine. */
export function holdMachine(machine: Machine, behind: HeldMachine): void {
  held.set(machine, behind)
}

/**
 * What is behind a machine.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` for what is none
 */
export function heldMachine(machine: Machine): HeldMachine {
  const found = held.get(machine)
  if (found) return found
  throw new MisuseError(
    'ERR_FLEDGE_OPTION',
    'Cannot use the machine of serveMachine: it must be one of launch',
  )
}
