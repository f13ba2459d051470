import type { ServedMachine } from './served-machine.ts'

/** All machines that a process serves. */
export class Hold {
  readonly #machines = new Map<string, ServedMachine>()
  readonly #onChange: () => void

  constructor(onChange: () => void = () => {}) {
    this.#onChange = onChange
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
    this.#onChange()
    return machine
  }

  /** Ends a machine and lets go of it. */
  async end({ id, machine }: ServedMachine, how: 'stop' | 'kill'): Promise<void> {
    try {
      await machine[how]()
    } finally {
      this.#machines.delete(id)
      this.#onChange()
    }
  }
}
