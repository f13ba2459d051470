/** Whether this is an error of Node (or of fledge) with the given code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
