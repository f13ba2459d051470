import { firstAt, type Row } from './rows.ts'
import type { Span } from './span.ts'

/** A bar is so wide, with the gap after it, in pixels. */
const barWidth = 4
const height = 28
/** A bar of one line is seen as well. */
const leastHeight = 4

/** What is drawn over one another, from the back to the front. */
const layers = ['plain', 'warning', 'error', 'match'] as const

/** How much was written when: bars over time, and in their colours how much of it is errors, warnings, or looked for. */
export function bars(
  rows: readonly Row[],
  { fromMs, toMs }: Span,
  width: number,
  matches: ReadonlySet<Row> | undefined,
): SVGSVGElement {
  const count = Math.max(1, Math.floor(width / barWidth))
  const binMs = (toMs - fromMs) / count
  const bins = Array.from({ length: count }, () => ({ plain: 0, warning: 0, error: 0, match: 0 }))
  for (let index = firstAt(rows, fromMs); index < rows.length; index++) {
    const row = rows[index]
    if (!row || row.atMs > toMs) break
    const bin = bins[Math.min(count - 1, Math.floor((row.atMs - fromMs) / binMs))]
    if (!bin) continue
    bin.plain += 1
    if (row.level === 'warning' || row.level === 'error') bin[row.level] += 1
    if (matches?.has(row)) bin.match += 1
  }
  // By logarithm: one line is seen beside thousands.
  const most = Math.log1p(bins.reduce((largest, { plain }) => Math.max(largest, plain), 1))
  const bar = (amount: number, at: number): string => {
    if (amount === 0) return ''
    const high = (leastHeight + (height - leastHeight) * (Math.log1p(amount) / most)).toFixed(1)
    return `M${at * barWidth} ${height}v-${high}h${barWidth - 1}v${high}z`
  }
  const paths = layers.map((layer) => [layer, bins.map((bin, at) => bar(bin[layer], at)).join('')] as const)
  return picture(new Map(paths), width, matches !== undefined)
}

function picture(paths: ReadonlyMap<string, string>, width: number, isSearch: boolean): SVGSVGElement {
  const space = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(space, 'svg')
  svg.setAttribute('viewBox', `0 0 ${Math.max(1, width)} ${height}`)
  svg.setAttribute('aria-hidden', 'true')
  svg.classList.add('bars')
  svg.classList.toggle('searched', isSearch)
  for (const [layer, shape] of paths) {
    const path = document.createElementNS(space, 'path')
    path.setAttribute('class', layer)
    path.setAttribute('d', shape)
    svg.append(path)
  }
  return svg
}
