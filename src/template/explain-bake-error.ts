import { EnvironmentError, FledgeError } from '../errors.ts'
import { hasCode } from '../util/has-code.ts'

/** Makes an error that says what to do, of whatever kept a template from being made. */
export function explainBakeError(
  error: unknown,
  image: string,
  signal: AbortSignal | undefined,
): FledgeError {
  const cannot = `Cannot make the template of "${image}"`
  if (error instanceof FledgeError) return error
  if (signal?.aborted) return new FledgeError('ERR_FLEDGE_ABORTED', `${cannot}: aborted`, { cause: error })
  if (hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT')) {
    return new EnvironmentError('ERR_FLEDGE_DISK_FULL', `${cannot}: no space left`, {
      cause: error,
      hint: 'A template needs as much space as its machine has memory, at the most: free some, or set FLEDGE_CACHE',
    })
  }
  if (hasCode(error, 'EACCES') || hasCode(error, 'EROFS') || hasCode(error, 'EPERM')) {
    return new EnvironmentError('ERR_FLEDGE_CACHE', `${cannot}: the cache cannot be written`, {
      cause: error,
      hint: 'Set FLEDGE_CACHE to a folder of your own',
    })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new EnvironmentError('ERR_FLEDGE_BAKE', `${cannot}: ${message}`, { cause: error })
}
