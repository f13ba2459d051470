import { GuestError } from '../index.ts'
import { formatDuration } from './format-duration.ts'

/** A signal that aborts when a command's time is over, with the error that tells of it. */
export function deadline(command: string, timeoutMs: number): AbortSignal {
  const controller = new AbortController()
  const message = `"${command}" did not end within ${formatDuration(timeoutMs)}`
  const end = (): void => controller.abort(new GuestError('ERR_FLEDGE_TIMEOUT', message))
  // Node turns longer timers into 1 ms ones.
  if (timeoutMs < 2 ** 31) setTimeout(end, timeoutMs).unref()
  return controller.signal
}
