/** Sets the wall clock. GNU's `date` takes parts of a second, a busybox's whole ones, and the BSDs' CCYYMMDDhhmm.ss: POSIX has no way for it. */
export function clockScript(time: Date | number): string {
  const ms = Number(time)
  const seconds = Math.round(ms / 1000)
  const digits = new Date(seconds * 1000).toISOString().replaceAll(/\D/g, '').slice(0, 14)
  return `if [ "$(uname -s)" = Linux ]; then
  date -u -s '@${(ms / 1000).toFixed(3)}' 2> /dev/null || date -u -s '@${seconds}'
else
  date -u ${digits.slice(0, 12)}.${digits.slice(12)}
fi`
}
