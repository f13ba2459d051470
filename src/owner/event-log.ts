import type { QmpEvent } from '../qemu/qmp-types.ts'

/** How many events are kept; the oldest go first. A guest that reboots makes some dozens. */
const keptLimit = 10_000

/** The events of a QEMU since its start, so that nobody who waits for one has to be there when it comes. */
export class EventLog {
  readonly #listeners = new Set<() => void>()
  readonly #given = new WeakSet<QmpEvent>()
  #events: QmpEvent[] = []

  append(event: QmpEvent): void {
    this.#events.push(event)
    // Some at once, as each move of an array costs as much as the array is long.
    if (this.#events.length >= 2 * keptLimit) this.#events = this.#events.slice(-keptLimit)
    for (const listener of this.#listeners) listener()
  }

  /**
   * The first event that is wanted and has not been taken before; others stay for those who want them.
   *
   * @param after - an event of this log; only later ones are looked at
   */
  take(isWanted: (event: QmpEvent) => boolean, after?: QmpEvent): QmpEvent | undefined {
    // One that is kept no more is older than all that are.
    const later = after === undefined ? this.#events : this.#events.slice(this.#events.indexOf(after) + 1)
    const found = later.find((event) => !this.#given.has(event) && isWanted(event))
    if (found) this.#given.add(found)
    return found
  }

  /** The last event that came. */
  get last(): QmpEvent | undefined {
    return this.#events.at(-1)
  }

  /** Calls back whenever one comes, until what it returns is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
