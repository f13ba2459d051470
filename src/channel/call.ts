import type { Readable, Writable } from 'node:stream'

/** How a command ended. */
export type Exit = ({ readonly exitCode: number } | { readonly signal: string }) & {
  /** Whether its deadline passed and it was killed. */
  readonly timedOut: boolean
}

/** A command that was started in the guest. */
export interface Call {
  /** In the guest. */
  readonly pid: number
  readonly stdout: Readable
  readonly stderr: Readable
  readonly stdin: Writable | undefined
  /**
   * How it ended, after all its output has come. A command whose output nobody reads may never get here:
   * it blocks when a stream's window of 1 MiB is full. Read, `resume()` or `destroy()` both streams.
   */
  readonly exited: Promise<Exit>
  /** Signals the process, or with `tree` all that it started. Too late is no error. */
  signal(name: string, options?: { readonly tree?: boolean }): void
  /** Changes the size of its terminal. */
  resize(rows: number, columns: number): void
}
