import { randomBytes } from 'node:crypto'

import type { AgentChannel } from '../channel/agent-channel.ts'
import type { MountRequest } from '../channel/mount-request.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import type { QemuCapabilities } from '../qemu/capabilities.ts'
import type { Display, ShareExport } from '../qemu/chassis.ts'
import { frozenMac } from '../qemu/mac-addresses.ts'
import type { GivenDisk } from './extra-disks.ts'
import type { PowerSource } from './power-source.ts'
import type { GivenCdrom } from './template-key.ts'

/** What a machine has of its own. */
export interface OwnSpec {
  /** Its name, and its hostname. */
  readonly name: string
  readonly qemu: QemuCapabilities
  readonly network: 'none' | 'user'
  readonly shares: readonly ShareExport[]
  /** What its disks besides the root disk hold at first, and the CD in its drive: those that its template was made with. */
  readonly disks?: readonly GivenDisk[]
  readonly cdrom?: GivenCdrom
  readonly display?: Display
  /** The path of a file that keeps the root disk of a machine that boots. */
  readonly keepState?: string
  /** Mounted in this order before the first command, where the guest's kernel can. */
  readonly mounts: readonly MountRequest[]
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** A machine that has answered: it knows who it is and what time it is. */
export interface StartedMachine {
  readonly machine: OwnedMachine
  /** A UUID that no other machine has. */
  readonly identity: string
  /** Of its first NIC. */
  readonly mac: string
  /** Whether its kernel can mount shares. */
  readonly mounts9p: boolean
  /** What it is started from again; whoever has it disposes of it. */
  readonly power: PowerSource
}

/**
 * Sends the agent all that makes a machine one of its own: randomness, name, address and shares. Its clock comes last, when
 * all that is done, as that must be right at the end.
 *
 * @returns one promise for each
 */
export function makeDistinct(
  channel: AgentChannel,
  { name, mac, mounts }: Pick<OwnSpec, 'name' | 'mounts'> & Pick<StartedMachine, 'mac'>,
): readonly Promise<void>[] {
  return [
    channel.reseed(randomBytes(64)),
    channel.setHostname(name),
    channel.setAddress(frozenMac, mac),
    ...mounts.map((mount) => channel.mount(mount)),
  ]
}

/** In QEMU's own range, as the frozen one, and unicast. */
export function freshMac(): string {
  return `52:54:00:${[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`
}
