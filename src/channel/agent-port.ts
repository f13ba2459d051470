import type { Duplex } from 'node:stream'

import { encodeHeader } from './frame.ts'

/** Writes frames; those of one turn of the event loop in one system call. */
export class AgentPort {
  readonly #stream: Duplex
  #corked = false

  constructor(stream: Duplex) {
    this.#stream = stream
  }

  send(type: number, id: number, payload: Buffer): void {
    if (this.#stream.destroyed) return
    if (!this.#corked) {
      this.#corked = true
      this.#stream.cork()
      process.nextTick(() => {
        this.#corked = false
        this.#stream.uncork()
      })
    }
    this.#stream.write(encodeHeader(type, id, payload.length))
    if (payload.length > 0) this.#stream.write(payload)
  }
}
