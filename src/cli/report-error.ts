import { CommanderError } from 'commander'

import { describeError } from '../interactive/describe-error.ts'
import { Exit } from './exit-code.ts'

/** Prints an error to standard error, as a person wants to read it; all of it when `FLEDGE_DEBUG` is set. */
export function reportError(error: unknown): void {
  if (error instanceof Exit) {
    if (error.cause !== undefined) reportError(error.cause)
    return
  }
  // Commander has said it itself.
  if (error instanceof CommanderError) return
  const debug = Boolean(process.env['FLEDGE_DEBUG'])
  process.stderr.write(`${describeError(error, { debug })}\n`)
}
