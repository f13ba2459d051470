import { arch } from 'node:process'

/** What differs between processors: the kernel's `AUDIT_ARCH_…`, and the numbers of calls. */
interface Processor {
  readonly audit: number
  /** The first of the numbers of another way to call, of the same processor. */
  readonly foreign?: number
  /** `add_key`, `request_key`, `keyctl`. */
  readonly keys: readonly number[]
}

const processors: Readonly<Record<string, Processor>> = {
  x64: { audit: 0xc0_00_00_3e, foreign: 0x40_00_00_00, keys: [248, 249, 250] },
  arm64: { audit: 0xc0_00_00_b7, keys: [217, 218, 219] },
}

/** Instructions and results of the kernel's filters, from linux/bpf_common.h and linux/seccomp.h. */
const load = 0x20
const isEqual = 0x15
const isAtLeast = 0x35
const give = 0x06
const allow = 0x7f_ff_00_00
const notPermitted = 0x00_05_00_01
const unknown = 0x00_05_00_26

/**
 * A filter of system calls, as bubblewrap takes it: without the kernel's keys, which no namespace hides, so that those of the session outside
 * would be there; and without calls of another processor, which have other numbers. Nothing on a processor that is not known.
 */
export function systemCallFilter(processor: string = arch): Buffer | undefined {
  const known = processors[processor]
  if (!known) return undefined
  const { audit, foreign, keys } = known
  return program([
    // The processor stands behind the number.
    [load, 0, 0, 4],
    [isEqual, 1, 0, audit],
    [give, 0, 0, unknown],
    [load, 0, 0, 0],
    ...(foreign === undefined
      ? []
      : ([
          [isAtLeast, 0, 1, foreign],
          [give, 0, 0, unknown],
        ] as const)),
    ...keys.flatMap(
      (number) =>
        [
          [isEqual, 0, 1, number],
          [give, 0, 0, notPermitted],
        ] as const,
    ),
    [give, 0, 0, allow],
  ])
}

/** Each instruction: what it does, how many to leave out if it holds, if it does not, and its number. */
function program(instructions: readonly (readonly [number, number, number, number])[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8)
  for (const [index, [code, ifTrue, ifFalse, value]] of instructions.entries()) {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(ifTrue, index * 8 + 2)
    bytes.writeUInt8(ifFalse, index * 8 + 3)
    bytes.writeUInt32LE(value, index * 8 + 4)
  }
  return bytes
}
