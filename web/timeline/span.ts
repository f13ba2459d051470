/** A part of the time of a test, in milliseconds since its start. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** The shortest part that can be looked at. */
const shortestMs = 10

/** A part within the whole, of some length at the least. */
export function spanWithin(whole: Span, { fromMs, toMs }: Span): Span {
  const length = Math.min(whole.toMs - whole.fromMs, Math.max(shortestMs, toMs - fromMs))
  const from = Math.min(Math.max(whole.fromMs, fromMs), whole.toMs - length)
  return { fromMs: from, toMs: from + length }
}

/** Where a moment is in a span: from 0 to 1. */
export function position({ fromMs, toMs }: Span, atMs: number): number {
  return (atMs - fromMs) / (toMs - fromMs)
}

/** Round moments for the marks of an axis, about so many of them, and how to write them. */
export function axisMarks({ fromMs, toMs }: Span, count: number): { atMs: number; label: string }[] {
  const rough = (toMs - fromMs) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const stepMs = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10)
  const digits = Math.max(0, Math.ceil(-Math.log10(stepMs / 1_000)))
  const marks = []
  for (let atMs = Math.ceil(fromMs / stepMs) * stepMs; atMs <= toMs; atMs += stepMs) {
    marks.push({ atMs, label: `${(atMs / 1_000).toFixed(digits)} s` })
  }
  return marks
}

/** A moment since the start of the test, as `12.345 s`. */
export function moment(atMs: number): string {
  return `${(atMs / 1_000).toFixed(3)} s`
}

/** How long something took. */
export function duration(milliseconds: number): string {
  return milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(2)} s`
}
