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
  for (const name of ['stdout', 'stderr'] as const) {
    call[name].on('data', (bytes: Buffer) => output[name].push(bytes))
    // The end of the machine is told by `exited`.
    call[name].on('error', () => {})
  }
  return {
    stdout: () => Buffer.concat(output.stdout),
    stderr: () => Buffer.concat(output.stderr),
    exited: call.exited,
  }
}
