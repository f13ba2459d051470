import { readFileSync } from 'node:fs'

/** Whether a signal has stopped a process; one that has ended, or that we cannot see, is not stopped. */
export function isStopped(pid: number | undefined): boolean {
  try {
    return / [Tt]$/.test(/^.*\) \S/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[0] ?? '')
  } catch {
    // It has ended.
    return false
  }
}
