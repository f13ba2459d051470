import { EnvironmentError, GuestError, type FledgeError } from '../errors.ts'
import { describeExit, type QemuExit } from '../qemu/qemu-process.ts'
import type { ConsoleLog } from './console-log.ts'

/** What every error of a machine's end says of it. */
export interface EndDetails {
  readonly machine: string
  readonly consoleTail: string
}

const panicLines = 80

/** The guest's kernel has panicked; a panic is followed by a trace of all that led to it. */
export function panicked({
  name,
  console,
}: {
  readonly name: string
  readonly console: ConsoleLog
}): GuestError {
  const details = { machine: name, consoleTail: console.tail(panicLines) }
  return new GuestError('ERR_FLEDGE_GUEST_PANIC', `The kernel of the machine "${name}" panicked`, details)
}

/** Why QEMU has stopped a machine, where it cannot go on; by the status that QEMU tells. */
export function whyStopped(
  details: EndDetails,
  status: string | undefined,
  diskFolder: string,
): FledgeError | undefined {
  const stopped = `QEMU stopped the machine "${details.machine}"`
  if (status === 'internal-error') {
    const message = `${stopped}: the accelerator failed inside`
    return new EnvironmentError('ERR_FLEDGE_ACCELERATOR', message, details)
  }
  if (status !== 'io-error') return undefined
  const hint = 'Free some space there, or set FLEDGE_CACHE to a folder on another disk'
  const message = `${stopped}: no space left on the disk of "${diskFolder}", where it writes to`
  return new EnvironmentError('ERR_FLEDGE_DISK_FULL', message, { ...details, hint })
}

/** QEMU has ended by itself. */
export function whyEnded(
  details: EndDetails,
  exit: QemuExit,
  { poweredOff, hasRun }: { readonly poweredOff: boolean; readonly hasRun: boolean },
): GuestError {
  const how = poweredOff ? 'powered itself off' : 'ended'
  const said = poweredOff ? '' : `: ${describeExit(exit)}`
  const refused = !hasRun && exit.code !== null
  const hint = 'See what "fledge doctor" says of QEMU; FLEDGE_QEMU names the one to use'
  return new GuestError('ERR_FLEDGE_MACHINE_DIED', `The machine "${details.machine}" ${how}${said}`, {
    ...details,
    ...(refused ? { hint } : {}),
  })
}
