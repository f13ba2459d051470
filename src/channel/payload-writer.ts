import { MisuseError } from '../errors.ts'

/** Collects the fields of a payload, in the order of the protocol's page. */
export class PayloadWriter {
  readonly #pieces: Buffer[] = []

  u8(value: number): this {
    this.#pieces.push(Buffer.of(value))
    return this
  }

  u16(value: number): this {
    const piece = Buffer.allocUnsafe(2)
    piece.writeUInt16LE(value)
    this.#pieces.push(piece)
    return this
  }

  u32(value: number): this {
    const piece = Buffer.allocUnsafe(4)
    piece.writeUInt32LE(value)
    this.#pieces.push(piece)
    return this
  }

  i64(value: bigint): this {
    const piece = Buffer.allocUnsafe(8)
    piece.writeBigInt64LE(value)
    this.#pieces.push(piece)
    return this
  }

  bytes(value: Uint8Array): this {
    this.#pieces.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength))
    return this
  }

  string(value: string): this {
    if (value.includes('\0')) {
      throw new MisuseError(
        'ERR_FLEDGE_OPTION',
        `Cannot send "${value.slice(0, 80)}" to the guest: it holds a NUL`,
      )
    }
    const bytes = Buffer.from(value)
    return this.u32(bytes.length).bytes(bytes)
  }

  strings(values: readonly string[]): this {
    this.u32(values.length)
    for (const value of values) this.string(value)
    return this
  }

  finish(): Buffer {
    return this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces)
  }
}
