import { frameMagic, frameVersion, headerSize, payloadMax } from './protocol.ts'

/** One message of the protocol. */
export interface Frame {
  readonly type: number
  readonly id: number
  readonly payload: Buffer
}

/** The bytes of a frame's header. */
export function encodeHeader(type: number, id: number, length: number): Buffer {
  const header = Buffer.allocUnsafe(headerSize)
  header.writeUInt16LE(frameMagic, 0)
  header.writeUInt8(frameVersion, 2)
  header.writeUInt8(type, 3)
  header.writeUInt32LE(id, 4)
  header.writeUInt32LE(length, 8)
  return header
}

/** Whether these bytes can be the header of a frame. */
export function isHeader(header: Buffer): boolean {
  return (
    header.readUInt16LE(0) === frameMagic &&
    header.readUInt8(2) === frameVersion &&
    header.readUInt32LE(8) <= payloadMax
  )
}
