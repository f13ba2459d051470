import { randomBytes } from 'node:crypto'

import type { GuestChannel } from '../channel/guest-channel.ts'
import { clockScript } from '../channel/ssh/clock-script.ts'
import { shellQuote } from '../util/shell-quote.ts'
import { ask } from './ask.ts'
import type { OwnSpec } from './distinct.ts'

/** Gives a guest without an agent its name, its shares and the time, and mixes into its randomness. It keeps its network address. */
export async function claimOverSsh(
  guest: GuestChannel,
  { name, mounts }: Pick<OwnSpec, 'name' | 'mounts'>,
  signal: AbortSignal,
): Promise<void> {
  const script = ownScript(name, randomBytes(64), Date.now())
  await ask(guest, script, signal, 'giving it its name and the time')
  for (const mount of mounts) await guest.mount(mount)
}

/**
 * Linux counts what is written to `/dev/urandom` as no entropy, but mixes it in; a kernel that listens to vmgenid (5.18) has made
 * its random numbers anew by then.
 */
export function ownScript(name: string, entropy: Uint8Array, timeMs: number): string {
  const host = shellQuote(name)
  return `{
  printf %s ${shellQuote(Buffer.from(entropy).toString('hex'))} > /dev/urandom || true
  hostname ${host}
  [ ! -e /etc/hostname ] || echo ${host} > /etc/hostname
  grep -q -E '[ \t]'${host}'([ \t]|$)' /etc/hosts || printf '127.0.1.1 %s\\n' ${host} >> /etc/hosts
  ${clockScript(timeMs)}
} > /dev/null`
}
