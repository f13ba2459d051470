import type { Key } from 'node:readline'

import type { Terminal } from './terminal.ts'

type KeyListener = (text: string | undefined, key: Key) => void

/** Holds the keys that are typed while something runs, for the prompt that comes after it; Ctrl-C is told at once. */
export class TypedAhead {
  readonly #terminal: Terminal
  readonly #interrupt: () => void
  readonly #keys: Parameters<KeyListener>[] = []
  #listeners: KeyListener[] | undefined

  constructor(terminal: Terminal, interrupt: () => void) {
    this.#terminal = terminal
    this.#interrupt = interrupt
  }

  /** From now on keys are held. */
  hold(): void {
    const { input } = this.#terminal
    this.#listeners ??= input.listeners('keypress') as KeyListener[]
    for (const each of this.#listeners) input.off('keypress', each)
    input.on('keypress', this.#take)
  }

  /** Gives the prompt its keys: those that were held, until one of them has it held again, and those to come. */
  release(): void {
    const { input } = this.#terminal
    input.off('keypress', this.#take)
    for (const each of this.#listeners ?? []) input.on('keypress', each)
    this.#listeners = undefined
    for (let next = this.#keys.shift(); next; next = this.#keys.shift()) {
      input.emit('keypress', ...next)
      if (this.#listeners !== undefined) return
    }
  }

  readonly #take: KeyListener = (text, key) => {
    if (key.ctrl && key.name === 'c') {
      this.#keys.length = 0
      this.#interrupt()
    } else this.#keys.push([text, key])
  }
}
