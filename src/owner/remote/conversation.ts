import type { Socket } from 'node:net'

import * as v from 'valibot'

import { EnvironmentError } from '../../errors.ts'
import { deferred } from '../../util/with-deadline.ts'
import { fromWire, toWire, wireError } from './wire-error.ts'

/** One request, as who answers it sees it. */
export interface Asked {
  readonly verb: string
  readonly given: unknown
  /** Aborts when the other side has given it up, or is gone. */
  readonly signal: AbortSignal
  /** Tells the other side of something on the way. */
  readonly tell: (note: unknown) => void
}

/** Answers requests; what it throws is thrown on the other side. */
export type Answer = (asked: Asked) => Promise<unknown>

const message = v.union([
  v.object({ ask: v.number(), verb: v.string(), given: v.optional(v.unknown()) }),
  v.object({ abort: v.number() }),
  v.object({ done: v.number(), value: v.optional(v.unknown()) }),
  v.object({ failed: v.number(), error: wireError }),
  v.object({ note: v.number(), of: v.unknown() }),
  v.object({ event: v.unknown() }),
])

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  readonly onNote: ((note: unknown) => void) | undefined
}

/** The longest line that either side may send, in characters: a picture of a large screen. */
const longestLine = 64 << 20

/** Requests, answers and events over one socket, a line of JSON each; both sides may ask. The form is in src/serve/PROTOCOL.md. */
export class Conversation {
  /** Settles when the other side is gone. */
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #answer: Answer
  readonly #onEvent: (event: unknown) => void
  readonly #pending = new Map<number, Pending>()
  readonly #answering = new Map<number, AbortController>()
  #last = 0
  #rest = ''

  constructor(socket: Socket, answer: Answer, onEvent: (event: unknown) => void = () => {}) {
    this.#socket = socket
    this.#answer = answer
    this.#onEvent = onEvent
    const { promise, resolve } = deferred<void>()
    this.closed = promise
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => this.#take(text))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#lose()
      resolve()
    })
  }

  /** Whether something is under way that was asked here. */
  get isWaiting(): boolean {
    return this.#pending.size > 0
  }

  /** Asks the other side for something. */
  async ask(
    verb: string,
    given?: unknown,
    options: { readonly signal?: AbortSignal | undefined; readonly onNote?: (note: unknown) => void } = {},
  ): Promise<unknown> {
    if (this.#socket.destroyed) throw gone()
    const id = ++this.#last
    const { promise, resolve, reject } = deferred<unknown>()
    this.#pending.set(id, { resolve, reject, onNote: options.onNote })
    const abort = (): void => this.#send({ abort: id })
    options.signal?.addEventListener('abort', abort, { once: true })
    try {
      this.#send({ ask: id, verb, given })
      if (options.signal?.aborted === true) abort()
      return await promise
    } finally {
      options.signal?.removeEventListener('abort', abort)
      this.#pending.delete(id)
    }
  }

  /** Tells the other side of something that it did not ask for. */
  tell(event: unknown): void {
    this.#send({ event })
  }

  /** Ends it for both sides. */
  close(): void {
    this.#socket.destroy()
  }

  #send(line: object): void {
    if (!this.#socket.destroyed) this.#socket.write(`${JSON.stringify(line, withoutInfinity)}\n`)
  }

  #take(text: string): void {
    const [end = '', ...starts] = text.split('\n')
    this.#rest += end
    for (const start of starts) {
      const line = this.#rest
      this.#rest = start
      this.#hear(line)
    }
    if (this.#rest.length > longestLine) this.#socket.destroy()
  }

  #hear(line: string): void {
    const heard = parse(line)
    if (!heard) this.#socket.destroy()
    else if ('ask' in heard) void this.#reply(heard.ask, heard.verb, heard.given)
    else if ('abort' in heard) this.#answering.get(heard.abort)?.abort()
    else if ('done' in heard) this.#pending.get(heard.done)?.resolve(heard.value)
    else if ('failed' in heard) this.#pending.get(heard.failed)?.reject(fromWire(heard.error))
    else if ('note' in heard) this.#pending.get(heard.note)?.onNote?.(heard.of)
    else this.#onEvent(heard.event)
  }

  async #reply(id: number, verb: string, given: unknown): Promise<void> {
    const giveUp = new AbortController()
    this.#answering.set(id, giveUp)
    const tell = (note: unknown): void => this.#send({ note: id, of: note })
    try {
      this.#send({ done: id, value: await this.#answer({ verb, given, signal: giveUp.signal, tell }) })
    } catch (error) {
      this.#send({ failed: id, error: toWire(error) })
    } finally {
      this.#answering.delete(id)
    }
  }

  #lose(): void {
    for (const { reject } of this.#pending.values()) reject(gone())
    for (const giveUp of this.#answering.values()) giveUp.abort()
  }
}

/** JSON has no infinity, as a time without a limit is. */
function withoutInfinity(_: string, value: unknown): unknown {
  return value === Number.POSITIVE_INFINITY ? Number.MAX_SAFE_INTEGER : value
}

function gone(): EnvironmentError {
  return new EnvironmentError('ERR_FLEDGE_OWNER', 'The process that holds the machine is gone', {
    hint: 'Its machines ended with it; start again',
  })
}

function parse(line: string): v.InferOutput<typeof message> | undefined {
  try {
    const parsed = v.safeParse(message, JSON.parse(line))
    return parsed.success ? parsed.output : undefined
  } catch {
    return undefined
  }
}
