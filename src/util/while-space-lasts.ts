import { statfs } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** Less than this is as good as none: who writes in larger pieces fails already. */
const leastBytes = 2 ** 20
const lookMs = 1_000

/**
 * Runs work with a signal that aborts as well when the disk of a folder gets full. Not every program fails then: apt waits for
 * ever.
 */
export async function whileSpaceLasts<T>(
  folder: string,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const full = new AbortController()
  const done = new AbortController()
  void watch(folder, full, done.signal)
  try {
    return await work(signal ? AbortSignal.any([signal, full.signal]) : full.signal)
  } finally {
    done.abort()
  }
}

async function watch(folder: string, full: AbortController, done: AbortSignal): Promise<void> {
  while (!done.aborted) {
    const left = await statfs(folder).catch(() => undefined)
    if (left && left.bavail * left.bsize < leastBytes) {
      full.abort(Object.assign(new Error('No space left on device'), { code: 'ENOSPC' }))
      return
    }
    await sleep(lookMs, undefined, { signal: done }).catch(() => {})
  }
}
