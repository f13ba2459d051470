import { CommanderError } from 'commander'

/** An end with an exit code of its own; the error that led to it, if any, is printed. */
export class Exit extends Error {
  override name = 'Exit'
  readonly exitCode: number

  constructor(exitCode: number, cause?: unknown) {
    super(`exit code ${exitCode}`, { cause })
    this.exitCode = exitCode
  }
}

/** The exit code for an error: 2 when the command line or an option is at fault, else 1. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Exit) return error.exitCode
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  // By name: the library need not be loaded to tell that this is not one of its errors.
  return error instanceof Error && error.name === 'MisuseError' ? 2 : 1
}
