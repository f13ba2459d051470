import { Readable } from 'node:stream'

import { outputWindow } from '../call-output.ts'

/**
 * One stream of a command. The session is held back while nobody reads; to be rid of it, `resume()` or `destroy()` it: then the rest
 * is taken and dropped.
 */
export class SessionOutput extends Readable {
  readonly #source: Readable
  #last = performance.now()

  constructor(source: Readable) {
    super({ highWaterMark: outputWindow })
    this.#source = source
    // A stream that nobody looks at must not end the process when its machine dies.
    this.on('error', () => {})
  }

  /** Bytes from the guest. */
  receive(bytes: Buffer): void {
    this.#last = performance.now()
    if (!this.destroyed && bytes.length > 0 && !this.push(bytes)) this.#source.pause()
  }

  /** Milliseconds since something came, or since the session was held back. */
  get silentMs(): number {
    if (this.#source.isPaused()) this.#last = performance.now()
    return performance.now() - this.#last
  }

  /** There will be no more. */
  finish(): void {
    if (!this.destroyed) this.push(null)
  }

  override _read(): void {
    this.#source.resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#source.resume()
    callback(error)
  }
}
