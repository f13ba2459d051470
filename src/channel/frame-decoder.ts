import { isHeader, type Frame } from './frame.ts'
import { misunderstood } from './misunderstood.ts'
import { headerSize } from './protocol.ts'

/**
 * Cuts a stream of bytes into frames, in whatever pieces it comes.
 *
 * A payload that lies in one piece is not copied; one that spans pieces is copied once.
 */
export class FrameDecoder {
  readonly #header: Buffer = Buffer.allocUnsafe(headerSize)
  #headerLength = 0
  #payload: Buffer | undefined
  #payloadLength = 0

  #takeHeader(bytes: Buffer): number {
    const copied = bytes.copy(this.#header, this.#headerLength, 0, headerSize - this.#headerLength)
    this.#headerLength += copied
    return copied
  }

  #frame(payload: Buffer): Frame {
    const frame = { type: this.#header.readUInt8(3), id: this.#header.readUInt32LE(4), payload }
    this.#headerLength = 0
    this.#payload = undefined
    this.#payloadLength = 0
    return frame
  }

  /**
   * The frames that these bytes complete.
   *
   * @throws {@link GuestError} `ERR_FLEDGE_PROTOCOL` at bytes that are no frame; the decoder is then of no use.
   */
  *push(bytes: Buffer): Generator<Frame, void, undefined> {
    let at = 0
    while (at < bytes.length) {
      if (this.#headerLength < headerSize) {
        at += this.#takeHeader(bytes.subarray(at))
        if (this.#headerLength < headerSize) return
        if (!isHeader(this.#header))
          throw misunderstood(`"${this.#header.toString('hex')}" is not the header of a frame`)
      }
      const length = this.#header.readUInt32LE(8)
      if (!this.#payload && bytes.length - at >= length) {
        const payload = bytes.subarray(at, at + length)
        at += length
        yield this.#frame(payload)
        continue
      }
      this.#payload ??= Buffer.allocUnsafe(length)
      const copied = bytes.copy(this.#payload, this.#payloadLength, at)
      this.#payloadLength += copied
      at += copied
      if (this.#payloadLength === length) yield this.#frame(this.#payload)
    }
  }
}
