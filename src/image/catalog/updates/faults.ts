import { EnvironmentError, FledgeError } from '../../../errors.ts'

/** What a distribution publishes is not there, or does not say what it has to. */
export function indexFault(message: string, cause?: unknown): FledgeError {
  return new EnvironmentError('ERR_FLEDGE_IMAGE_INDEX', message, {
    hint: 'The distribution may be publishing a build just now: try again later. If it stays so, it has changed its index',
    cause,
  })
}

/** What a distribution publishes is not signed as it has to be. */
export function signatureFault(message: string, cause?: unknown): FledgeError {
  return new EnvironmentError('ERR_FLEDGE_SIGNATURE', message, {
    hint: 'Do not use this build. Look for news of the distribution about its keys',
    cause,
  })
}

/** Whether reading the index once more may help: it moved on while it was read. */
export function mayBeRace(error: unknown): boolean {
  return (
    error instanceof FledgeError &&
    (error.code === 'ERR_FLEDGE_IMAGE_INDEX' || error.code === 'ERR_FLEDGE_SIGNATURE')
  )
}
