/** Sets the wall clock of a Linux guest; a busybox's `date` takes whole seconds only. */
export function clockScript(time: Date | number): string {
  const ms = Number(time)
  return `date -u -s '@${(ms / 1000).toFixed(3)}' 2> /dev/null || date -u -s '@${Math.round(ms / 1000)}'`
}
