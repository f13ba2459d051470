import { Readable } from 'node:stream'

import { misunderstood } from './misunderstood.ts'

/** The most that the agent may send of one stream before the consumer has read. */
export const outputWindow: number = 1_048_576

/**
 * What a command writes to one of its streams.
 *
 * The agent may send as much as the consumer has read and a window more. To be rid of it, `resume()` or
 * `destroy()` it: then the rest is taken and dropped.
 */
export class CallOutput extends Readable {
  readonly #grant: (bytes: number) => void
  /** Bytes that came and that the agent was not yet told to be read. */
  #unread = 0
  #discards = false

  constructor(grant: (bytes: number) => void) {
    super({ highWaterMark: outputWindow })
    this.#grant = grant
    // A stream that nobody looks at must not end the process when its machine dies.
    this.on('error', () => {})
  }

  /** Bytes from the agent. */
  receive(bytes: Buffer): void {
    this.#unread += bytes.length
    // The host's memory is not the guest's to fill.
    if (!this.#discards && this.#unread > outputWindow)
      throw misunderstood('it sent more than it was granted')
    if (!this.#discards) this.push(bytes)
    this.#tell()
  }

  /** There will be no more. */
  finish(): void {
    if (!this.destroyed) this.push(null)
  }

  // Every way of reading ends here; `_read` is not called at each.
  override read(size?: number): unknown {
    const chunk: unknown = super.read(size)
    this.#tell()
    return chunk
  }

  override _read(): void {}

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.readableEnded) this.discard()
    callback(error)
  }

  /** Lets the agent send all the rest, which is dropped. */
  discard(): void {
    if (this.#discards) return
    this.#discards = true
    this.#grant(0xffff_ffff)
  }

  #tell(): void {
    const read = this.#discards ? this.#unread : this.#unread - this.readableLength
    if (read < outputWindow / 4) return
    this.#unread -= read
    this.#grant(read)
  }
}
