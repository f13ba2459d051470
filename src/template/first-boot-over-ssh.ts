import { GuestError } from '../errors.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import type { Accelerator } from '../qemu/accelerator.ts'
import { hasCode } from '../util/has-code.ts'
import { timeFactor } from '../util/time-factor.ts'
import { withDeadline } from '../util/with-deadline.ts'
import { ask } from './ask.ts'
import { growRoot } from './grow-root.ts'
import { powerOff } from './init-system.ts'
import { letRun, whileBooting } from './power-on.ts'
import { reachOverSsh } from './reach-over-ssh.ts'

/** How long a first boot under KVM may take until SSH lets us in, and from then on until the machine is off. */
const patienceMs = { letIn: 150_000, off: 60_000 }
const hint =
  'See whether the disk boots, has an SSH server, and has cloud-init or nuageinit with the NoCloud source; FLEDGE_TIME_FACTOR=2 gives a slow host twice the time'

/** The seed's script runs in cloud-init's last stage; what is switched off before its end would tell of none. */
export const finish: string = `
if command -v cloud-init > /dev/null; then
  cloud-init status --wait > /dev/null 2>&1 || true
  touch /etc/cloud/cloud-init.disabled
fi
`

/**
 * Lets a machine with an SSH seed boot for the first time, until root is let in, its disk has grown and it is off.
 *
 * @param privateKey what the seed has the guest let in
 * @returns the digest of the server's key, by which it is known from then on
 * @throws GuestError `ERR_FLEDGE_BAKE` when it does not come so far, with the end of its console
 */
export async function firstBootOverSsh(
  machine: OwnedMachine,
  privateKey: string,
  limits: { readonly accelerator: Accelerator; readonly signal: AbortSignal },
  update: (detail: string) => void,
): Promise<string> {
  const factor = timeFactor(limits.accelerator)
  const bounds = { ...limits, hint }
  update('booting it for the first time')
  const hostKey = await whileBooting(
    machine,
    { ...bounds, limitMs: patienceMs.letIn, why: 'SSH did not let root in' },
    async (bounded) => {
      await letRun(machine, bounded)
      const patience = { limitMs: patienceMs.letIn * factor, untilLetIn: true, signal: bounded }
      const channel = await reachOverSsh(machine, { user: 'root', privateKey }, patience)
      await channel.ask('true', 'log in', { signal: bounded })
      return channel.hostKey
    },
  )
  if (hostKey === undefined) throw notPrepared(machine, 'its SSH server has no key')
  update('finishing its first boot')
  await whileBooting(
    machine,
    { ...bounds, limitMs: patienceMs.off, why: 'it did not finish its first boot' },
    async (bounded) => {
      await ask(machine.guest, finish, bounded, 'finishing the first boot')
      await growRoot(machine, bounded)
      await ask(machine.guest, 'sync', bounded)
    },
  )
  update('shutting it down')
  const onTimeout = (): GuestError => notPrepared(machine, 'it did not shut down')
  const timeoutMs = patienceMs.off * factor
  await withDeadline({ timeoutMs, signal: limits.signal, onTimeout }, async (bounded) => {
    await ask(machine.guest, powerOff, bounded).catch((error: unknown) => {
      // The server may go before it can tell how the command ended.
      if (!machine.over && !hasCode(error, 'ERR_FLEDGE_SSH')) throw error
    })
    await machine.exited()
  })
  if (!machine.poweredOff) throw notPrepared(machine, 'it ended before it was shut down')
  return hostKey
}

function notPrepared({ name, console }: OwnedMachine, why: string): GuestError {
  return new GuestError('ERR_FLEDGE_BAKE', `Cannot prepare "${name}": ${why}`, {
    machine: name,
    consoleTail: console.tail(),
    hint,
  })
}
