import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'

import { EnvironmentError, type FledgeError } from '../errors.ts'
import { parseQmp, type QmpMessage } from './qmp-message.ts'
import { deferred, withDeadline, type CallOptions } from '../util/with-deadline.ts'
import type { QmpCommands, QmpEvent } from './qmp-types.ts'

/** How long QEMU may take to answer, unless the caller says otherwise. It answers in a millisecond; more is a wedge. */
const defaultTimeoutMs = 30_000

/** The longest line that QEMU may send, in characters; its longest answer, its schema, has a quarter of a million. */
const longestLine = 32 << 20

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * A client of the QEMU Machine Protocol on one stream.
 *
 * Source: https://www.qemu.org/docs/master/interop/qmp-spec.html. Unknown events are passed on, and
 * unknown fields ignored, so that older and newer QEMUs both work.
 */
export class QmpClient {
  readonly #port: Duplex
  readonly #pending = new Map<number, Pending>()
  readonly #events = new EventEmitter<{ event: [QmpEvent] }>()
  readonly #greeted = deferred<void>()
  #last = 0
  #rest = ''
  #isLost = false
  #failure: FledgeError | undefined

  /**
   * @param options - `endIsTold`: whoever owns QEMU tells of its end through {@link fail}, and knows more of it than that
   * the connection was closed.
   */
  constructor(port: Duplex, options: { readonly endIsTold?: boolean } = {}) {
    this.#port = port
    port.setEncoding('utf8')
    port.on('data', (text: string) => this.#take(text))
    this.#events.setMaxListeners(0)
    port.on('error', (cause: Error) => options.endIsTold || this.fail(lost(cause)))
    port.on('close', () => options.endIsTold || this.fail(lost()))
  }

  /** Waits for the greeting and leaves the negotiation mode. */
  async connect(options: CallOptions = {}): Promise<void> {
    const { timeoutMs = defaultTimeoutMs, signal } = options
    await withDeadline(
      { timeoutMs, signal, onTimeout: () => silent('its greeting', timeoutMs) },
      () => this.#greeted.promise,
    )
    await this.run('qmp_capabilities', undefined, options)
  }

  /**
   * Runs one command.
   *
   * @throws EnvironmentError `ERR_FLEDGE_QEMU` when QEMU refuses it or is gone; `ERR_FLEDGE_TIMEOUT` after
   * `timeoutMs` (default 30,000) without an answer.
   */
  async run<Name extends keyof QmpCommands>(
    name: Name,
    args?: QmpCommands[Name]['arguments'],
    options: CallOptions = {},
  ): Promise<QmpCommands[Name]['result']> {
    const { timeoutMs = defaultTimeoutMs, signal } = options
    if (this.#failure) throw this.#failure
    const id = ++this.#last
    const { promise, resolve, reject } = deferred<unknown>()
    this.#pending.set(id, { resolve, reject })
    try {
      const onTimeout = (): FledgeError => silent(`"${name}"`, timeoutMs)
      return (await withDeadline({ timeoutMs, signal, onTimeout }, () => {
        this.#port.write(`${JSON.stringify({ execute: name, arguments: args, id })}\n`)
        return promise
      })) as QmpCommands[Name]['result']
    } finally {
      this.#pending.delete(id)
    }
  }

  /** Calls back for every event until the returned function is called. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#events.on('event', listener)
    return () => void this.#events.off('event', listener)
  }

  /** Fails everything that is pending, and everything from now on. */
  fail(error: FledgeError): void {
    this.#failure ??= error
    this.#greeted.reject(error)
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }

  #take(text: string): void {
    if (this.#isLost) return
    // Only what is new is searched: a long answer comes in many parts.
    const [end = '', ...starts] = text.split('\n')
    this.#rest += end
    for (const start of starts) {
      const line = this.#rest
      this.#rest = start
      if (line.trim()) this.#accept(line)
    }
    if (this.#rest.length > longestLine) this.#lose('a line without an end', this.#rest)
  }

  #accept(line: string): void {
    if (this.#isLost) return
    const message = parseQmp(line)
    if (!message) return this.#lose('a line that is not QMP', line)
    if (message.QMP !== undefined) return this.#greeted.resolve()
    if (message.event !== undefined) return this.#announce(message.event, message)
    const pending = typeof message.id === 'number' ? this.#pending.get(message.id) : undefined
    if (message.error)
      pending?.reject(
        new EnvironmentError(
          'ERR_FLEDGE_QEMU',
          `QEMU refused: ${message.error.desc ?? message.error.class ?? 'without a reason'}`,
        ),
      )
    else pending?.resolve(message.return)
  }

  /** Nothing that comes after this can be understood. */
  #lose(what: string, line: string): void {
    this.#isLost = true
    this.#rest = ''
    this.fail(lost(new Error(`QEMU sent ${what}: ${line.slice(0, 200)}`)))
  }

  #announce(name: string, { data, timestamp }: QmpMessage): void {
    const toldMs = Number(timestamp?.seconds) * 1000 + Number(timestamp?.microseconds) / 1000
    this.#events.emit('event', {
      name,
      data: data ?? {},
      atMs: Number.isFinite(toldMs) ? toldMs : Date.now(),
    })
  }
}

function lost(cause?: Error): EnvironmentError {
  return new EnvironmentError('ERR_FLEDGE_QEMU', 'QEMU closed its control connection', { cause })
}

function silent(what: string, timeoutMs: number): EnvironmentError {
  return new EnvironmentError('ERR_FLEDGE_TIMEOUT', `QEMU did not answer ${what} within ${timeoutMs} ms`, {
    hint: 'It may be stopped (SIGSTOP) or the host may be out of memory',
  })
}
