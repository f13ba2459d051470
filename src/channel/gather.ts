import type { Call, Exit } from './agent-call.ts'

/** What a call has written so far, and its end. */
export interface Gathered {
  stdout(): Buffer
  stderr(): Buffer
  readonly exited: Promise<Exit>
}

/** Reads all that a call writes into memory. */
export function gather(call: Call): Gathered {
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  const read = (['stdout', 'stderr'] as const).map(async (name) => {
    call[name].on('data', (bytes: Buffer) => output[name].push(bytes))
    // The end of the machine is told by `exited`.
    call[name].on('error', () => {})
    await new Promise((resolve) => call[name].once('close', resolve))
  })
  return {
    stdout: () => Buffer.concat(output.stdout),
    stderr: () => Buffer.concat(output.stderr),
    // A quick command's end can be known before its output has passed through the streams.
    exited: call.exited.then((exit) => Promise.all(read).then(() => exit)),
  }
}
