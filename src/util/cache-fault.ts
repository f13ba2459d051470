import { EnvironmentError, FledgeError } from '../errors.ts'
import { cacheFolder } from './cache-folder.ts'
import { hasCode } from './has-code.ts'
import { ToolError } from './run-tool.ts'

const full = /No space left on device|ENOSPC|EDQUOT|don't have enough free space|Disk quota exceeded/i

/**
 * The error that says what to do when the cache is full or cannot be written, or nothing when something else went wrong.
 *
 * @param cannot what could not be done, as `Cannot build "debian:13-minimal"`
 * @param needs how much space that takes, as a sentence without its period
 */
export function cacheFault(error: unknown, cannot: string, needs: string): EnvironmentError | undefined {
  // It says what to do itself.
  if (error instanceof FledgeError) return undefined
  const folder = cacheFolder()
  if (full.test(wordsOf(error))) {
    return new EnvironmentError(
      'ERR_FLEDGE_DISK_FULL',
      `${cannot}: no space left on the disk of "${folder}"`,
      {
        cause: error,
        hint: `${needs}: free some ("fledge cache prune" removes what is outdated), or set FLEDGE_CACHE to a folder on another disk`,
      },
    )
  }
  if (isUnwritable(error) || /Read-only file system/.test(wordsOf(error))) {
    return new EnvironmentError('ERR_FLEDGE_CACHE', `${cannot}: the cache "${folder}" cannot be written`, {
      cause: error,
      hint: 'Set FLEDGE_CACHE to a folder of your own, or have this one made writable',
    })
  }
  return undefined
}

/** Whether this is the system's error for a place that we may not write to. */
export function isUnwritable(error: unknown): boolean {
  if (['EACCES', 'EROFS', 'EPERM'].some((code) => hasCode(error, code))) return true
  return error instanceof Error && error.cause !== undefined && isUnwritable(error.cause)
}

function wordsOf(error: unknown): string {
  if (error instanceof ToolError) return error.stderr
  if (!(error instanceof Error)) return String(error)
  return `${String(error)} ${error.cause === undefined ? '' : wordsOf(error.cause)}`
}
