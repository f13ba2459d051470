import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'

import type { Patience } from '../channel/ssh/connect.ts'
import { SshChannel } from '../channel/ssh/ssh-channel.ts'
import type { SshLogin } from '../image/image.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import type { Accelerator } from '../qemu/accelerator.ts'
import { addHostForward } from '../qemu/host-forward.ts'
import { timeFactor } from '../util/time-factor.ts'
import { bootMark } from './init-system.ts'
import type { FirstAnswer } from './meet.ts'

/** How long an SSH server under KVM may be away, as for a boot. Whoever waits for that has a limit of his own. */
const patienceMs = 150_000

const guestPort = 22

/** The user that logs in, and how we prove to be him. */
interface Login {
  readonly user: string
  readonly privateKey: string
  /** Where it is not known, any server will do. */
  readonly hostKey?: string
}

/** Has a machine asked over SSH from now on, through a port of 127.0.0.1. */
export async function reachOverSsh(
  machine: OwnedMachine,
  login: Login,
  { signal, ...patience }: Patience & { readonly signal: AbortSignal },
): Promise<SshChannel> {
  const port = await addHostForward(machine.qmp, { hostPort: 0, guestPort, protocol: 'tcp' }, signal)
  const channel = new SshChannel({ ...login, port }, patience)
  machine.useChannel(channel)
  return channel
}

/** Waits until the SSH server of a prepared machine answers. */
export async function meetOverSsh(
  machine: OwnedMachine,
  { keyFile, hostKey }: SshLogin,
  { accelerator, signal }: { readonly accelerator: Accelerator; readonly signal: AbortSignal },
): Promise<FirstAnswer> {
  const login = { user: 'root', privateKey: await readFile(keyFile, 'utf8'), hostKey }
  const limitMs = patienceMs * timeFactor(accelerator)
  const channel = await reachOverSsh(machine, login, { limitMs, signal })
  const mark = await channel.ask(bootMark, 'find out which boot this is', { signal })
  return { identity: randomUUID(), memoryNonce: mark.trim() }
}
