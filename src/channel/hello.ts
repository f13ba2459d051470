import { PayloadReader } from './payload-reader.ts'
import { isHeader } from './frame.ts'
import { feature, headerSize, nonceSize, replyType } from './protocol.ts'

/** Who answers at the other end. */
export interface Hello {
  /** Random, made when the agent started, kept by clones. Hexadecimal. */
  readonly memoryNonce: string
  /** Of this machine alone: a version 4 UUID. */
  readonly identity: string
  readonly features: {
    /** Whether a command's whole tree is known for sure. */
    readonly cgroups: boolean
    /** Whether scripts run in bash, rather than in `/bin/sh`. */
    readonly bash: boolean
  }
}

/** A {@link Hello}, and how much standard input a command may be sent at first. */
export interface HelloReply extends Hello {
  readonly stdinWindow: number
}

/** Reads the payload of a `HELLO_REPLY`. */
export function decodeHelloReply(payload: Buffer): HelloReply {
  const reader = new PayloadReader(payload)
  reader.bytes(nonceSize)
  const memoryNonce = reader.bytes(nonceSize).toString('hex')
  const identity = uuid(reader.bytes(nonceSize).toString('hex'))
  const features = reader.u32()
  return {
    memoryNonce,
    identity,
    features: { cgroups: (features & feature.cgroups) !== 0, bash: (features & feature.bash) !== 0 },
    stdinWindow: reader.u32(),
  }
}

function uuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** Finds the reply to one `HELLO` in a stream whose beginning belongs to someone else. */
export class HelloScanner {
  readonly #nonce: Buffer
  readonly #id: number
  #kept: Buffer = Buffer.alloc(0)

  constructor(nonce: Buffer, id: number) {
    this.#nonce = nonce
    this.#id = id
  }

  /** The bytes from the reply's header on, once it has come. */
  push(bytes: Buffer): Buffer | undefined {
    const all = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes])
    for (let at = all.indexOf(this.#nonce); at >= 0; at = all.indexOf(this.#nonce, at + 1)) {
      if (at >= headerSize && this.#isReply(all.subarray(at - headerSize)))
        return all.subarray(at - headerSize)
    }
    this.#kept = Buffer.from(all.subarray(Math.max(0, all.length - headerSize - nonceSize + 1)))
    return undefined
  }

  #isReply(header: Buffer): boolean {
    return (
      isHeader(header) && header.readUInt8(3) === replyType.helloReply && header.readUInt32LE(4) === this.#id
    )
  }
}
