import type { MountRequest } from '../channel/mount-request.ts'
import { OwnedMachine } from '../owner/owned-machine.ts'
import type { Accelerator } from '../qemu/accelerator.ts'
import type { QemuCapabilities } from '../qemu/capabilities.ts'
import { chassisArguments, inheritedMemory, type Backends, type Chassis } from '../qemu/chassis.ts'
import { frozenMac } from '../qemu/mac-addresses.ts'
import { ask } from './ask.ts'
import { namelessFile, type NamelessFile } from './nameless-file.ts'
import { firstHello, whileBooting } from './power-on.ts'

/** What a machine is that can be started again. */
export interface PowerSourceSpec {
  readonly name: string
  readonly qemu: QemuCapabilities
  readonly chassis: Chassis
  readonly backends: Omit<Backends, 'memoryFile' | 'incoming'>
  /** What the machine has written to its disk. */
  readonly overlay: NamelessFile
  readonly accelerator: Accelerator
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
const untilItHasItsDevices = `
  while command -v systemctl > /dev/null; do
    case $(systemctl is-system-running || true) in initializing | offline | unknown) sleep 0.2 ;; *) break ;; esac
  done
  until cat /sys/class/net/*/address | grep -q '^${frozenMac}$'; do sleep 0.2; done`

/** What a machine keeps while its power is off, and boots from when it comes again: its disk. It is gone with the last one. */
export class PowerSource implements AsyncDisposable {
  readonly #spec: PowerSourceSpec

  constructor(spec: PowerSourceSpec) {
    this.#spec = spec
  }

  /**
   * Boots the machine, as the one before it has ended. Its services may still be starting then.
   *
   * @throws GuestError `ERR_FLEDGE_BAKE` when it does not come so far, with the end of its console
   */
  async start({ limitMs, signal }: StartBounds): Promise<OwnedMachine> {
    const { name, qemu, chassis, backends, overlay, accelerator } = this.#spec
    await using memory = await namelessFile()
    await memory.file.truncate(chassis.memoryMiB * 2 ** 20)
    const machine = new OwnedMachine({
      name,
      path: qemu.path,
      args: chassisArguments(qemu, chassis, { ...backends, memoryFile: inheritedMemory, incoming: false }),
      overlay: overlay.file.fd,
      diskFolder: overlay.folder,
      memory: memory.file.fd,
    })
    try {
      const why = 'it did not boot'
      return await whileBooting(machine, { limitMs, why, accelerator, signal }, async (bounded) => {
        await firstHello(machine, bounded)
        await this.claim(machine, bounded)
        return machine
      })
    } catch (error) {
      await machine.kill()
      throw error
    }
  }

  /** Gives a machine that has booted its name, its address, its shares and the time. */
  async claim({ channel }: OwnedMachine, signal: AbortSignal): Promise<void> {
    const { name, mac, mounts } = this.#spec
    await ask(channel, untilItHasItsDevices, signal)
    await Promise.all([
      channel.setHostname(name),
      channel.setAddress(frozenMac, mac),
      ...mounts.map((mount) => channel.mount(mount)),
    ])
    await channel.setClock(Date.now())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spec.overlay[Symbol.asyncDispose]()
  }
}
