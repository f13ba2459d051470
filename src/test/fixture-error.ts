import { FledgeError } from '../index.ts'

/**
 * The error of a fixture as the reporter is to show it: with its hint, which Playwright does not know of, and
 * without a stack, which has no line of the test.
 */
export function fixtureError(error: unknown): unknown {
  if (!(error instanceof FledgeError)) return error
  if (error.hint !== undefined) error.message += `\n${error.hint}`
  error.stack = `${error.name}: ${error.message}`
  return error
}
