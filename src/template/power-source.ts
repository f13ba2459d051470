import type { MountRequest } from '../channel/mount-request.ts'
import { OwnedMachine } from '../owner/owned-machine.ts'
import type { Accelerator } from '../qemu/accelerator.ts'
import type { QemuCapabilities } from '../qemu/capabilities.ts'
import { chassisArguments, inheritedMemory, type Backends, type Chassis } from '../qemu/chassis.ts'
import { frozenMac } from '../qemu/mac-addresses.ts'
import { ask } from './ask.ts'
import { diskSource } from './disk-source.ts'
import { makeDistinct } from './distinct.ts'
import { meet, type WayIn } from './meet.ts'
import { namelessFile } from './nameless-file.ts'
import type { OwnFiles } from './own-files.ts'
import { letRun, whileBooting } from './power-on.ts'

/** What a machine is that boots. */
export interface BootableSpec {
  readonly name: string
  readonly qemu: QemuCapabilities
  readonly chassis: Chassis
  readonly backends: Omit<Backends, 'memoryFile' | 'incoming'>
  /** What the machine has written. */
  readonly files: OwnFiles
  readonly accelerator: Accelerator
}

/** What a machine is that can be started again. */
export interface PowerSourceSpec extends BootableSpec {
  /** With `none`, nothing is asked of the guest when it starts, nor waited for. */
  readonly channel: WayIn | 'none'
  /** Of its first NIC. */
  readonly mac: string
  readonly mounts: readonly MountRequest[]
}

/** How long a start may take. */
export interface StartBounds {
  /** Milliseconds under KVM. */
  readonly limitMs: number
  readonly signal: AbortSignal
}

/**
 * The agent is up before all file systems are, one of which could hide a share, and before the network card. systemd is
 * `initializing` until its `basic.target`, which comes after the file systems.
 */
export const untilItHasItsDevices: string = `
  while command -v systemctl > /dev/null; do
    case $(systemctl is-system-running || true) in initializing | offline | unknown) sleep 0.2 ;; *) break ;; esac
  done
  until cat /sys/class/net/*/address | grep -qx '${frozenMac}'; do sleep 0.2; done`

/** Starts QEMU with fresh memory on what a machine has written; the guest waits for `cont`. */
export async function startQemu({
  name,
  qemu,
  chassis,
  backends,
  files,
}: BootableSpec): Promise<OwnedMachine> {
  await using memory = await namelessFile()
  await memory.file.truncate(chassis.memoryMiB * 2 ** 20)
  return new OwnedMachine({
    name,
    path: qemu.path,
    args: chassisArguments(qemu, chassis, { ...backends, memoryFile: inheritedMemory, incoming: false }),
    ...files.inherited,
    memory: memory.file.fd,
  })
}

/** What a machine keeps while its power is off, and boots from when it comes again: its disks. They are gone with the last one. */
export class PowerSource implements AsyncDisposable {
  readonly #spec: PowerSourceSpec

  constructor(spec: PowerSourceSpec) {
    this.#spec = spec
  }

  /** Whether anything can be asked of the guest. */
  get hasChannel(): boolean {
    return this.#spec.channel !== 'none'
  }

  /** The root disk, as qemu-img can open it until this is disposed of. */
  async diskSource(): Promise<string> {
    const { files, backends } = this.#spec
    return diskSource(files.inherited.overlay, backends.disk)
  }

  /**
   * Boots the machine, as the one before it has ended. Its services may still be starting then.
   *
   * @throws GuestError `ERR_FLEDGE_BAKE` when it does not come so far, with the end of its console
   */
  async start({ limitMs, signal }: StartBounds): Promise<OwnedMachine> {
    const { accelerator, channel } = this.#spec
    const machine = await startQemu(this.#spec)
    try {
      const why = 'it did not boot'
      return await whileBooting(machine, { limitMs, why, accelerator, signal }, async (bounded) => {
        if (channel === 'none') {
          await letRun(machine, bounded)
        } else {
          await meet(machine, channel, { accelerator, signal: bounded })
          await this.claim(machine, bounded)
        }
        return machine
      })
    } catch (error) {
      await machine.kill()
      throw error
    }
  }

  /** Gives a machine that has booted its name, its shares and the time; its address, too, unless it is asked over SSH. */
  async claim({ channel, guest }: OwnedMachine, signal: AbortSignal): Promise<void> {
    if (this.#spec.channel !== 'agent') {
      // An SSH server comes after file systems and network.
      const { claimOverSsh } = await import('./claim-over-ssh.ts')
      return claimOverSsh(guest, this.#spec, signal)
    }
    await ask(channel, untilItHasItsDevices, signal)
    await Promise.all(makeDistinct(channel, this.#spec))
    await channel.setClock(Date.now())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spec.files[Symbol.asyncDispose]()
  }
}
