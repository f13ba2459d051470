import { GuestError } from '../errors.ts'
import type { Call, Exit } from './call.ts'

/** What a call has written so far, and its end. */
export interface Gathered {
  stdout(): Buffer
  stderr(): Buffer
  readonly exited: Promise<Exit>
}

/** The most that is kept of one stream: a text cannot be much longer in Node, and memory is the host's. */
const limit = 256 << 20

/**
 * Reads all that a call writes into memory.
 *
 * A call that writes more than 256 MiB to one stream is killed, and `exited` rejects with `ERR_FLEDGE_OUTPUT_LIMIT`.
 */
export function gather(call: Call): Gathered {
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  let flooded: GuestError | undefined
  const read = (['stdout', 'stderr'] as const).map(async (name) => {
    let size = 0
    call[name].on('data', (bytes: Buffer) => {
      size += bytes.length
      if (size <= limit) output[name].push(bytes)
      else if (!flooded) {
        flooded = tooMuch(name)
        call.signal('SIGKILL', { tree: true })
      }
    })
    // The end of the machine is told by `exited`.
    call[name].on('error', () => {})
    await new Promise((resolve) => call[name].once('close', resolve))
  })
  return {
    stdout: () => Buffer.concat(output.stdout),
    stderr: () => Buffer.concat(output.stderr),
    // A quick command's end can be known before its output has passed through the streams.
    exited: call.exited.then(async (exit) => {
      await Promise.all(read)
      if (flooded) throw flooded
      return exit
    }),
  }
}

function tooMuch(name: string): GuestError {
  return new GuestError(
    'ERR_FLEDGE_OUTPUT_LIMIT',
    `The command wrote more than ${limit >> 20} MiB to ${name}`,
    {
      hint: 'Use spawn, and read it as it comes; or let the command write to a file, and copy that',
    },
  )
}
