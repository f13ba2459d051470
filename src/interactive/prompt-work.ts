import { Recoverable } from 'node:repl'

import { interruptible } from '../index.ts'
import { describeThrown, Interrupted } from './describe-thrown.ts'
import type { Evaluated, Evaluator } from './evaluator.ts'
import { paint } from './paint.ts'
import { type Input, readInput } from './read-input.ts'
import { UnfinishedInput } from './strip-types.ts'
import type { Terminal } from './terminal.ts'
import { TypedAhead } from './typed-ahead.ts'

/** How Node's prompt is told that an input is done. */
export type Done = (error: Error | null, value?: unknown) => void

/** What goes on before and after each input. */
export interface WorkHooks {
  /** Is called before an input runs: what it names can be fetched. */
  readonly prepare?: (input: Input) => Promise<void>
  /** Is told of each input that has come to a good end. */
  readonly onDone?: (input: Input, evaluated: Evaluated) => void
  /** Is told of each that has not. */
  readonly onFailed?: (input: Input) => void
}

/** Runs the inputs of a prompt, one after the other. */
export class PromptWork {
  readonly #terminal: Terminal
  readonly #evaluator: Evaluator
  readonly #hooks: WorkHooks
  readonly #ahead: TypedAhead
  #running: AbortController | undefined
  #over = false
  /** How much of what runs is waited for when it is interrupted. */
  #patient = 0
  #giveUp: ((error: Error) => void) | undefined

  constructor(terminal: Terminal, evaluator: Evaluator, hooks: WorkHooks) {
    this.#terminal = terminal
    this.#evaluator = evaluator
    this.#hooks = hooks
    this.#ahead = new TypedAhead(terminal, () => this.#interrupt())
  }

  /** Does work that Ctrl-C has end by itself, which is waited for; a second one is not. */
  async patiently<T>(work: () => Promise<T>): Promise<T> {
    this.#patient += 1
    try {
      return await work()
    } finally {
      this.#patient -= 1
    }
  }

  /** Runs what was typed. What is typed meanwhile comes after it. */
  take(typed: string, done: Done): void {
    let input: Input
    try {
      input = readInput(typed)
    } catch (error) {
      if (error instanceof UnfinishedInput) done(new Recoverable(error))
      else done(null, this.#tell(error))
      return
    }
    void this.#turn(input, done)
  }

  /** Ends what runs, and takes no more. */
  end(): void {
    this.#over = true
    this.#interrupt()
  }

  async #turn(input: Input, done: Done): Promise<void> {
    this.#ahead.hold()
    let value: unknown
    try {
      const evaluated = await this.#run(input)
      value = evaluated.value
      this.#hooks.onDone?.(input, evaluated)
    } catch (error) {
      this.#hooks.onFailed?.(input)
      if (!this.#over) this.#tell(error)
    }
    // A prompt that is closed has nobody to tell.
    if (!this.#over) done(null, value)
    this.#ahead.release()
  }

  #interrupt(): void {
    const isSecond = this.#running?.signal.aborted === true
    this.#running?.abort(new Interrupted())
    if (isSecond || this.#patient === 0) this.#giveUp?.(new Interrupted())
  }

  async #run(input: Input): Promise<Evaluated> {
    const controller = new AbortController()
    this.#running = controller
    const interrupted = new Promise<never>((_, reject) => {
      this.#giveUp = reject
    })
    try {
      return await Promise.race([this.#begin(input, controller.signal), interrupted])
    } finally {
      this.#running = undefined
    }
  }

  async #begin(input: Input, signal: AbortSignal): Promise<Evaluated> {
    await this.#hooks.prepare?.(input)
    const { input: keys } = this.#terminal
    // While an input has no pause, only a signal can end it, and a terminal sends that in its plain mode.
    keys.setRawMode(false)
    let evaluated: Promise<Evaluated>
    try {
      evaluated = interruptible(signal, () => this.#evaluator.evaluate(input))
    } finally {
      keys.setRawMode(true)
    }
    return evaluated
  }

  #tell(error: unknown): void {
    const { output } = this.#terminal
    const [first = '', ...rest] = describeThrown(error).split('\n')
    output.write(`${[paint('red', first, output), ...rest].join('\n')}\n`)
  }
}
