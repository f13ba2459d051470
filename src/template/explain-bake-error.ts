import { EnvironmentError, FledgeError } from '../errors.ts'
import { cacheFault } from '../util/cache-fault.ts'

/** Makes an error that says what to do, of whatever kept a template from being made. */
export function explainBakeError(
  error: unknown,
  image: string,
  signal: AbortSignal | undefined,
): FledgeError {
  const cannot = `Cannot make the template of "${image}"`
  if (error instanceof FledgeError) return error
  if (signal?.aborted) return new FledgeError('ERR_FLEDGE_ABORTED', `${cannot}: aborted`, { cause: error })
  const fault = cacheFault(
    error,
    cannot,
    'A template needs as much space as its machine has memory, at the most',
  )
  if (fault) return fault
  const message = error instanceof Error ? error.message : String(error)
  return new EnvironmentError('ERR_FLEDGE_BAKE', `${cannot}: ${message}`, { cause: error })
}
