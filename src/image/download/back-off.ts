const firstMs = 1_000
const longestMs = 30_000
/** Who wants to be left alone for longer is left alone. */
const mostPatienceMs = 120_000

/**
 * How long to wait before the next try; nothing, when the server wants to be left alone for too long.
 *
 * @param failures how many tries have failed one after the other, from 1 on
 * @param retryAfterMs what the server asked for
 */
export function backOffMs(
  failures: number,
  { factor, retryAfterMs = 0 }: { factor: number; retryAfterMs?: number | undefined },
): number | undefined {
  if (retryAfterMs > mostPatienceMs) return undefined
  return Math.max(retryAfterMs, Math.min(longestMs, firstMs * 2 ** (failures - 1)) * factor)
}

/** Reads `Retry-After`: seconds, or a date. */
export function parseRetryAfter(value: string | undefined, now: number = Date.now()): number | undefined {
  if (value === undefined) return undefined
  if (/^\d+$/.test(value.trim())) return Number(value) * 1_000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
