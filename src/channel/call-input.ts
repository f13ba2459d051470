import { Writable } from 'node:stream'

import { stdinFrameMax } from './protocol.ts'

/** What a command reads from its standard input. Waits while the command does not take it. */
export class CallInput extends Writable {
  readonly #send: (bytes: Buffer) => void
  #window: number
  #rest: Buffer = Buffer.alloc(0)
  #written: ((error?: Error | null) => void) | undefined

  constructor(window: number, send: (bytes: Buffer) => void) {
    super({ decodeStrings: true })
    this.#window = window
    this.#send = send
    this.on('error', () => {})
  }

  /** The agent can take more. */
  grant(bytes: number): void {
    this.#window += bytes
    this.#advance()
  }

  override _write(chunk: Buffer, _encoding: string, written: (error?: Error | null) => void): void {
    this.#rest = chunk
    this.#written = written
    this.#advance()
  }

  override _final(callback: () => void): void {
    this.#send(Buffer.alloc(0))
    callback()
  }

  /** Ends the input like a pipe that is closed; after {@link end} it has ended already. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.writableFinished) this.#send(Buffer.alloc(0))
    callback(error)
  }

  #advance(): void {
    if (!this.#written) return
    while (this.#rest.length > 0 && this.#window > 0) {
      const piece = this.#rest.subarray(0, Math.min(stdinFrameMax, this.#window))
      this.#rest = this.#rest.subarray(piece.length)
      this.#window -= piece.length
      this.#send(piece)
    }
    if (this.#rest.length > 0) return
    const written = this.#written
    this.#written = undefined
    written()
  }
}
