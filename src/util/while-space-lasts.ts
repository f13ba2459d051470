import { statfs } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** Less than this is as good as none: who writes in larger pieces fails already. */
const leastBytes = 2 ** 20
const lookMs = 1_000

/**
 * Runs work that fails, whatever it then says, for want of space when the disk of a folder is full. Its signal aborts as well when
 * the disk gets full, as not every program fails then: apt waits for ever.
 *
 * @throws an error with the code `ENOSPC`, and the cause that the work gave
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
  } catch (cause) {
    if (signal?.aborted || !(full.signal.aborted || (await isFull(folder)))) throw cause
    throw Object.assign(new Error('No space left on device', { cause }), { code: 'ENOSPC' })
  } finally {
    done.abort()
  }
}

async function watch(folder: string, full: AbortController, done: AbortSignal): Promise<void> {
  while (!done.aborted) {
    if (await isFull(folder)) full.abort()
    await sleep(lookMs, undefined, { signal: done }).catch(() => {})
  }
}

async function isFull(folder: string): Promise<boolean> {
  const disk = await statfs(folder).catch(() => undefined)
  return disk !== undefined && disk.bavail * disk.bsize < leastBytes
}
