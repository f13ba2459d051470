/** Some times of the same thing, in milliseconds. */
export interface Times {
  readonly medianMs: number
  readonly p95Ms: number
  readonly count: number
}

/** The middle of some times, and the one that 95 % of them do not pass. */
export function summarize(times: readonly number[]): Times {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { medianMs: at(0.5), p95Ms: at(0.95), count: sorted.length }
}

/** How long something takes, in milliseconds. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** How quickly so many bytes went, in MB/s (10^6 bytes). */
export function rate(bytes: number, durationMs: number): number {
  return bytes / 1000 / durationMs
}
