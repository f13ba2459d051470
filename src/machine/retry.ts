import { setTimeout as sleep } from 'node:timers/promises'

const firstPauseMs = 20
const longestPauseMs = 1_000

/**
 * Tries until something comes of it, with pauses that grow from 20 ms to a second. It has no limit of its own: the signal
 * ends it.
 *
 * @param attempt gives `undefined` to be tried again
 */
export async function retry<T>(signal: AbortSignal, attempt: () => Promise<T | undefined>): Promise<T> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    const result = await attempt()
    if (result !== undefined) return result
    signal.throwIfAborted()
    await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}
