import { misunderstood } from './misunderstood.ts'

/** Reads the fields of a payload. A payload that is too short throws `ERR_FLEDGE_PROTOCOL`. */
export class PayloadReader {
  readonly #payload: Buffer
  #at = 0

  constructor(payload: Buffer) {
    this.#payload = payload
  }

  u8(): number {
    return this.bytes(1).readUInt8()
  }

  u16(): number {
    return this.bytes(2).readUInt16LE()
  }

  u32(): number {
    return this.bytes(4).readUInt32LE()
  }

  u64(): bigint {
    return this.bytes(8).readBigUInt64LE()
  }

  i64(): bigint {
    return this.bytes(8).readBigInt64LE()
  }

  string(): string {
    return this.bytes(this.u32()).toString()
  }

  bytes(length: number): Buffer {
    const start = this.#at
    if (length > this.#payload.length - start) {
      throw misunderstood(`a payload of ${this.#payload.length} bytes is too short`)
    }
    this.#at += length
    return this.#payload.subarray(start, this.#at)
  }
}
