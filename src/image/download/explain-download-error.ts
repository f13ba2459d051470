import { EnvironmentError, FledgeError } from '../../errors.ts'
import { cacheFault } from '../../util/cache-fault.ts'
import { proxyHint } from '../http-client.ts'
import type { Download } from './download-image.ts'
import { DownloadError } from './download-error.ts'

/** Makes an error that says what to do, of whatever stopped a download. */
export function explainDownloadError(
  error: unknown,
  { name, build, signal }: { name: string; build: Download; signal: AbortSignal | undefined },
): FledgeError {
  const cannot = `Cannot download "${name}"`
  if (signal?.aborted) return new FledgeError('ERR_FLEDGE_ABORTED', `${cannot}: aborted`, { cause: error })
  if (error instanceof FledgeError) return error
  const needs = build.bytes === undefined ? 'An image needs up to 4 GB' : `It needs ${megabytes(build.bytes)}`
  const fault = cacheFault(error, cannot, needs)
  if (fault) return fault
  if (error instanceof DownloadError) return refused(error, cannot, name)
  const message = error instanceof Error ? error.message : String(error)
  return new EnvironmentError('ERR_FLEDGE_DOWNLOAD', `${cannot}: ${message}`, { cause: error })
}

function refused(error: DownloadError, cannot: string, name: string): EnvironmentError {
  const { refusals } = error
  const isUrl = name.includes('://')
  const message = (what: string): string => `${cannot}: ${what}\n${error.message}`
  if (refusals.some(({ wrong }) => wrong)) {
    return new EnvironmentError(
      'ERR_FLEDGE_DIGEST',
      message('what is there is not the file that was pinned'),
      {
        cause: error,
        hint: isUrl
          ? 'If the file was changed on purpose, give its new digest; if not, do not use it'
          : 'If the distribution has replaced this build, "fledge images update" finds the new one; if not, something ' +
            'between you and it changes files',
      },
    )
  }
  if (refusals.every(({ gone }) => gone)) {
    return new EnvironmentError(
      'ERR_FLEDGE_DOWNLOAD',
      message(isUrl ? 'the file does not exist' : 'its distribution has removed this build'),
      {
        cause: error,
        hint: isUrl ? 'Check the address' : 'Run "fledge images update", which finds the newest build',
      },
    )
  }
  return new EnvironmentError('ERR_FLEDGE_DOWNLOAD', message('no place has it'), {
    cause: error,
    hint:
      `Try again: it goes on where it broke off. ${proxyHint}; ` +
      'with FLEDGE_OFFLINE=1 the error tells how to bring the file by hand',
  })
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`
}
