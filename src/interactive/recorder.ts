import type { Evaluated } from './evaluator.ts'
import { assignedNames, declaredNames } from './names.ts'
import type { Input } from './read-input.ts'

/** An input that a test can do again. */
export interface Recorded {
  readonly input: Input
  /** Names that it declares or assigns to. */
  readonly sets: ReadonlySet<string>
  /** Whether its value was a promise, which was waited for. */
  readonly awaited: boolean
  readonly hasValue: boolean
}

/** Keeps what was typed at a prompt and came to a good end, in order. */
export class Recorder {
  /** Functions that only a prompt has. */
  readonly #promptOnly: ReadonlySet<string>
  readonly #known = new Set<string>()
  /** Names that only what is not kept has set. */
  readonly #lost = new Set<string>()
  #before: readonly Recorded[] = []
  #kept: Recorded[] = []

  constructor(promptOnly: Iterable<string>) {
    this.#promptOnly = new Set(promptOnly)
  }

  /** What a test has to do to come to where the prompt is. */
  get inputs(): readonly Recorded[] {
    const needed = new Set(this.#kept.flatMap(({ input }) => [...input.names]))
    const before = this.#before.toReversed().filter(({ input, sets }) => {
      const isNeeded = [...sets].some((name) => needed.has(name))
      if (isNeeded) for (const name of input.names) needed.add(name)
      return isNeeded
    })
    return [...before.toReversed(), ...this.#kept]
  }

  /** An input has come to a good end. */
  succeeded(input: Input, { value, awaited }: Evaluated): void {
    const sets = namesSet(input)
    const isOwn = (name: string): boolean => this.#promptOnly.has(name) && !this.#known.has(name)
    const misses = (name: string): boolean => isOwn(name) || (this.#lost.has(name) && !sets.has(name))
    if ([...input.names].some(misses)) return this.failed(input)
    for (const name of sets) {
      this.#known.add(name)
      this.#lost.delete(name)
    }
    this.#kept.push({ input, sets, awaited, hasValue: value !== undefined })
  }

  /** An input has failed, or is nothing for a test. What it set by then is not known. */
  failed(input: Input): void {
    for (const name of namesSet(input)) if (!this.#known.has(name)) this.#lost.add(name)
  }

  /** The machines are fresh: what was done to the old ones is not kept, but for what later inputs need the names of. */
  machinesAreFresh(): void {
    this.#before = [...this.#before, ...this.#kept]
    this.#kept = []
  }
}

function namesSet({ program }: Input): ReadonlySet<string> {
  return new Set([...program.body.flatMap(declaredNames), ...assignedNames(program)])
}
