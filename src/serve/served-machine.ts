import { randomUUID } from 'node:crypto'

import { heldMachine } from '../machine/held-machine.ts'
import type { Machine } from '../machine/machine.ts'
import type { MachineDescription } from '../owner/remote/machine-description.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import type { Power } from '../machine/power.ts'
import type { QemuExit } from '../qemu/qemu-process.ts'

/** A machine of this process, as it is served to others. */
export class ServedMachine {
  readonly id: string = randomUUID()
  readonly machine: Machine
  /** Whether it outlives who launched it. */
  readonly kept: boolean
  readonly #sinceMs = Date.now()
  readonly #power: Power
  readonly #sharesToReturn: boolean
  #runs = 0
  #owned: OwnedMachine | undefined

  constructor(machine: Machine, { kept = false }: { readonly kept?: boolean } = {}) {
    this.machine = machine
    this.kept = kept
    const { power, shares } = heldMachine(machine)
    this.#power = power
    this.#sharesToReturn = shares?.areToReturn === true
  }

  /** As it runs now, or ran last. */
  get owned(): OwnedMachine {
    return this.#power.owned
  }

  /** How often it has been started; a start of its holder's own is seen by its QEMU, which is another. */
  get run(): number {
    if (this.#owned !== this.#power.owned) {
      this.#owned = this.#power.owned
      this.#runs += 1
    }
    return this.#runs
  }

  /** Where its root disk can be read when it is off. */
  async diskSource(): Promise<string | undefined> {
    return this.#power.diskSource()
  }

  /** Gives it what is its own after a reboot that someone else has asked for. */
  async claim(signal: AbortSignal): Promise<void> {
    await this.#power.claim(signal)
  }

  /** Waits for the end of its present run. */
  async exited(): Promise<QemuExit> {
    return this.owned.exited()
  }

  describe(): MachineDescription {
    const { id, run, kept, owned } = this
    const { name, image, accelerator, identity, mac } = this.machine
    return {
      ...{ id, run, kept, name, image, accelerator, identity, mac },
      pid: owned.pid,
      sinceMs: this.#sinceMs,
      state: owned.over ? 'ended' : owned.standstill === undefined ? 'running' : 'paused',
      channel: this.#channel(),
      sharesToReturn: this.#sharesToReturn,
    }
  }

  #channel(): MachineDescription['channel'] {
    const { channel } = this.#power
    if (channel.needsNetwork) return 'ssh'
    return channel === this.owned.channel ? 'agent' : 'none'
  }
}
