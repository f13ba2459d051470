/** A span of time as a person says it: `0.4 s`, `17 s`, `1 min 5 s`, `3 h`, `12 days`. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) {
    const rest = whole % 60
    return `${Math.floor(whole / 60)} min${rest === 0 ? '' : ` ${rest} s`}`
  }
  const hours = Math.floor(whole / 3600)
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`
}

/** How long ago something was, without more precision than anyone wants. */
export function formatAge(date: Date, now: number = Date.now()): string {
  const minutes = Math.floor((now - date.getTime()) / 60_000)
  if (minutes < 1) return 'just now'
  return minutes < 60 ? `${minutes} min ago` : `${formatDuration(minutes * 60_000)} ago`
}
