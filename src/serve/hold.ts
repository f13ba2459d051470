import type { ServedMachine } from './served-machine.ts'

/** All machines that a process serves. */
export class Hold {
  readonly #machines = new Map<string, ServedMachine>()
  readonly #onChange: () => void
  readonly #whole: Hold | undefined

  /**
   * @param onChange is told whenever a machine comes or goes
   * @param whole of which this is a part
   */
  constructor(onChange: () => void = () => {}, whole?: Hold) {
    this.#onChange = onChange
    this.#whole = whole
  }

  get size(): number {
    return this.#machines.size
  }

  all(): readonly ServedMachine[] {
    return [...this.#machines.values()]
  }

  find(id: string): ServedMachine | undefined {
    return this.#machines.get(id)
  }

  add(machine: ServedMachine): ServedMachine {
    this.#machines.set(machine.id, machine)
    this.#whole?.add(machine)
    this.#onChange()
    return machine
  }

  /** Ends a machine and lets go of it. */
  async end(served: ServedMachine, how: 'stop' | 'kill'): Promise<void> {
    try {
      await (this.#whole ? this.#whole.end(served, how) : served.machine[how]())
    } finally {
      this.#machines.delete(served.id)
      this.#onChange()
    }
  }
}
