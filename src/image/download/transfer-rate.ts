const windowMs = 5_000
const sayMs = 200

/** Follows a transfer, and says a few times a second where it stands: `downloading, 45 % of 694 MiB, 48 MiB/s, 8 s left`. */
export function transferRate(
  update: (detail: string) => void,
  now: () => number = () => performance.now(),
): (done: number, total: number | undefined) => void {
  let marks: { readonly at: number; readonly done: number }[] = []
  let said = Number.NEGATIVE_INFINITY
  return (done, total) => {
    const at = now()
    if (at - said < sayMs) return
    said = at
    // What is there already when it begins took no time, and neither does what is begun anew.
    if ((marks.at(-1)?.done ?? 0) > done) marks = []
    marks = [...marks.filter((mark) => at - mark.at <= windowMs), { at, done }]
    const first = marks[0] ?? { at, done }
    const rate = at === first.at ? 0 : ((done - first.done) / (at - first.at)) * 1_000
    const whole = total === undefined ? mebibytes(done) : `${percent(done, total)} of ${mebibytes(total)}`
    const left = total === undefined || rate === 0 ? '' : `, ${duration((total - done) / rate)} left`
    update(`downloading, ${whole}${rate === 0 ? '' : `, ${mebibytes(rate)}/s`}${left}`)
  }
}

function percent(done: number, total: number): string {
  return `${total === 0 ? 100 : Math.floor((done / total) * 100)} %`
}

function mebibytes(bytes: number): string {
  const size = bytes / 2 ** 20
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} MiB`
}

function duration(seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`
}
