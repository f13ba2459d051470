import { serveMachine, type Machine } from '../index.ts'
import type { Globals } from './evaluator.ts'

/** A machine of a prompt, and how another is made in its place. */
export interface PromptMachine {
  /** What it is called at the prompt. */
  readonly name: string
  readonly launch: (signal?: AbortSignal) => Promise<Machine>
}

/** The machines of a prompt: each is one of its globals, and can be replaced by a fresh one. */
export class PromptMachines implements AsyncDisposable {
  readonly #globals: Globals
  readonly #wanted: readonly PromptMachine[]
  readonly #machines = new Map<PromptMachine, Machine>()
  readonly #served = new Map<Machine, AsyncDisposable>()

  /** Launches all of them, at the same time. */
  static async launch(
    machines: readonly PromptMachine[],
    globals: Globals,
    signal?: AbortSignal,
  ): Promise<PromptMachines> {
    const all = new PromptMachines(machines, globals)
    const launched = await Promise.allSettled(machines.map((each) => all.#launch(each, signal)))
    const failed = launched.find((each) => each.status === 'rejected')
    if (!failed) return all
    await all[Symbol.asyncDispose]()
    throw failed.reason
  }

  private constructor(wanted: readonly PromptMachine[], globals: Globals) {
    this.#wanted = wanted
    this.#globals = globals
  }

  /** The first, which is meant where none is named. */
  get first(): Machine | undefined {
    return this.all.values().next().value
  }

  /** What they are called, and what they are, in the order in which they were named. */
  get all(): ReadonlyMap<string, Machine> {
    const launched = this.#wanted.flatMap((each) => {
      const machine = this.#machines.get(each)
      return machine ? [[each.name, machine] as const] : []
    })
    return new Map(launched)
  }

  /**
   * Stops machines, and puts fresh ones in their places.
   *
   * @param which one of them; by default all
   */
  async reset(which?: Machine): Promise<void> {
    const old = [...this.#machines].filter(([, machine]) => which === undefined || machine === which)
    await Promise.all(
      old.map(async ([machine, before]) => {
        await this.#stop(before)
        await this.#launch(machine)
      }),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#machines.values()].map((machine) => this.#stop(machine)))
  }

  async #launch(which: PromptMachine, signal?: AbortSignal): Promise<void> {
    const machine = await which.launch(signal)
    this.#machines.set(which, machine)
    // Another terminal may have a shell in it.
    this.#served.set(machine, await serveMachine(machine))
    this.#globals[which.name] = machine
    if (this.#wanted.length > 1) this.#globals['vms'] = [...this.all.values()]
  }

  async #stop(machine: Machine): Promise<void> {
    await this.#served.get(machine)?.[Symbol.asyncDispose]()
    this.#served.delete(machine)
    await machine.stop()
  }
}
