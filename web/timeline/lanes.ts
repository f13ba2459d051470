import type { TimelineData } from '../../src/test/timeline-data.ts'
import { bars } from './bars.ts'
import { element } from './element.ts'
import { packed } from './packed.ts'
import { endOf, type Row } from './rows.ts'
import { axisMarks, duration, position, spanWithin, type Span } from './span.ts'

/** What the user does with the lanes. */
export interface LanesOptions {
  readonly onSelect: (row: Row) => void
  readonly onSpan: (span: Span) => void
  readonly onMoment: (atMs: number) => void
}

/** What the lanes show. */
export interface LanesView {
  readonly span: Span
  /** Empty, or what is looked for. */
  readonly query: string
  readonly matches: ReadonlySet<Row>
  readonly selected: Row | undefined
}

interface Lane {
  readonly track: HTMLElement
  readonly rows: readonly Row[]
  readonly draw: (lane: Lane, view: LanesView) => void
}

/** Room for one mark of the axis, in pixels. */
const markWidth = 110
/** A command is so high, in pixels; the style sheet has a little less. */
const commandHeight = 24
/** Movements of fewer pixels are clicks. */
const dragPixels = 4

/** The lanes of all machines, above one another, on one axis of time. */
export class Lanes {
  readonly node: HTMLElement
  readonly #axis = element('div', { class: 'axis' })
  readonly #head = element('div', { class: 'playhead' })
  readonly #picked = element('div', { class: 'picked', hidden: true })
  readonly #lanes: Lane[] = []
  readonly #options: LanesOptions
  readonly #whole: Span
  #view: LanesView

  constructor(data: TimelineData, rows: readonly Row[], whole: Span, options: LanesOptions) {
    this.#options = options
    this.#whole = whole
    this.#view = { span: whole, query: '', matches: new Set(), selected: undefined }
    const overlay = element('div', { class: 'overlay' }, this.#picked, this.#head)
    const body = element(
      'div',
      { class: 'lanes-body', onpointerdown: (event: PointerEvent) => this.#drag(event) },
      overlay,
    )
    const parts = rows.filter(({ kind, machine }) => kind === 'command' && machine < 0)
    if (parts.length > 0)
      body.append(
        this.#lane('parts', 'The parts of the test', parts, (lane, view) => this.#drawCommands(lane, view)),
      )
    for (const [index, { name, facts }] of data.machines.entries()) {
      const own = rows.filter(({ machine }) => machine === index)
      const of = (kind: Row['kind']): Row[] => own.filter((row) => row.kind === kind)
      body.append(
        element('h2', {}, name, ' ', element('small', {}, facts)),
        this.#lane('commands', `Commands of ${name}`, of('command'), (lane, view) =>
          this.#drawCommands(lane, view),
        ),
        this.#lane('console', `Console of ${name}`, of('console'), drawBars),
        this.#lane('journal', `Journal of ${name}`, of('journal'), drawBars),
        this.#lane('screen', `Screen of ${name}`, of('screen'), (lane, view) =>
          this.#drawScreens(lane, view),
        ),
      )
    }
    const axis = element(
      'div',
      { class: 'lane axis-lane' },
      element('span', { class: 'lane-name' }, 'time'),
      this.#axis,
    )
    this.node = element('section', { class: 'lanes', 'aria-label': 'Lanes' }, axis, body)
    new ResizeObserver(() => this.show(this.#view)).observe(this.#axis)
  }

  /** Draws anew. */
  show(view: LanesView): void {
    this.#view = view
    const { span, selected } = view
    const count = Math.max(2, this.#axis.clientWidth / markWidth)
    const fitting = axisMarks(span, count).filter(({ atMs }) => position(span, atMs) < 1 - 0.5 / count)
    const marks = fitting.map(({ atMs, label }) =>
      element('span', { class: 'mark', style: `left: ${percent(span, atMs)}` }, label),
    )
    this.#axis.replaceChildren(...marks)
    for (const lane of this.#lanes) lane.draw(lane, view)
    const at = selected === undefined ? -1 : position(span, selected.atMs)
    this.#head.hidden = at < 0 || at > 1
    this.#head.style.left = `${at * 100}%`
  }

  #lane(name: string, label: string, rows: readonly Row[], draw: Lane['draw']): HTMLElement {
    const track = element('div', { class: `track ${name}-track`, role: 'group', 'aria-label': label })
    this.#lanes.push({ track, rows, draw })
    return element('div', { class: 'lane' }, element('span', { class: 'lane-name' }, name), track)
  }

  #drawCommands({ track, rows }: Lane, { span, query, matches, selected }: LanesView): void {
    const lines = packed(rows)
    track.style.height = `${Math.max(1, lines.length) * commandHeight}px`
    const minimumMs = ((span.toMs - span.fromMs) / Math.max(1, track.clientWidth)) * 3
    const nodes = lines.flatMap((line, index) => {
      let drawnToMs = Number.NEGATIVE_INFINITY
      return line.flatMap((row) => {
        const end = endOf(row)
        // Of many in one place only the first is seen; a failed one always is.
        const isHidden =
          end < span.fromMs || row.atMs > span.toMs || (end < drawnToMs && row.level !== 'error')
        if (isHidden) return []
        drawnToMs = row.atMs + minimumMs
        const left = Math.max(0, position(span, row.atMs))
        const width = Math.min(1, position(span, end)) - left
        const faded = query !== '' && !matches.has(row)
        return element(
          'button',
          {
            class: `act ${row.step?.state ?? ''} ${faded ? 'faded' : ''}`,
            type: 'button',
            tabindex: row === selected ? 0 : -1,
            'aria-pressed': String(row === selected),
            title: `${row.text} (${duration(end - row.atMs)})`,
            style: `left: ${left * 100}%; width: ${width * 100}%; top: ${index * commandHeight}px`,
            onclick: () => this.#options.onSelect(row),
          },
          shortText(row.text),
        )
      })
    })
    track.replaceChildren(...nodes)
  }

  #drawScreens({ track, rows }: Lane, { span, selected }: LanesView): void {
    const inSight = rows.filter(({ atMs }) => atMs >= span.fromMs && atMs <= span.toMs)
    track.replaceChildren(
      ...inSight.map((row) =>
        element(
          'button',
          {
            class: 'picture',
            type: 'button',
            'aria-pressed': String(row === selected),
            'aria-label': `The screen at ${(row.atMs / 1_000).toFixed(1)} s`,
            style: `left: clamp(0px, ${percent(span, row.atMs)}, calc(100% - 64px))`,
            onclick: () => this.#options.onSelect(row),
          },
          element('img', { src: `data:image/png;base64,${row.png ?? ''}`, alt: '', draggable: 'false' }),
        ),
      ),
    )
  }

  /** A span that is dragged over is looked at; a click goes to a moment. */
  #drag(down: PointerEvent): void {
    if (down.button !== 0) return
    const box = this.#axis.getBoundingClientRect()
    const at = (x: number): number => Math.min(1, Math.max(0, (x - box.left) / box.width))
    const isDrag = (event: PointerEvent): boolean => Math.abs(event.clientX - down.clientX) > dragPixels
    const begin = at(down.clientX)
    const move = (event: PointerEvent): void => {
      const end = at(event.clientX)
      this.#picked.hidden = !isDrag(event)
      this.#picked.style.left = `${Math.min(begin, end) * 100}%`
      this.#picked.style.width = `${Math.abs(end - begin) * 100}%`
    }
    const up = (event: PointerEvent): void => {
      listening.abort()
      this.#picked.hidden = true
      const { fromMs, toMs } = this.#view.span
      const time = (part: number): number => fromMs + part * (toMs - fromMs)
      const [first = 0, last = 0] = [begin, at(event.clientX)].toSorted((a, b) => a - b)
      if (isDrag(event))
        this.#options.onSpan(spanWithin(this.#whole, { fromMs: time(first), toMs: time(last) }))
      else if (!(event.target as Element).closest('button')) this.#options.onMoment(time(begin))
    }
    const listening = new AbortController()
    const { signal } = listening
    window.addEventListener('pointermove', move, { signal })
    window.addEventListener('pointerup', up, { signal })
    window.addEventListener('pointercancel', () => listening.abort(), { signal })
  }
}

/** Nearly all verbs run a command: that is what tells one from another. */
function shortText(text: string): string {
  return text.replace(/^(?:succeed|execute|fail): /, '')
}

function drawBars({ track, rows }: Lane, { span, query, matches }: LanesView): void {
  track.replaceChildren(bars(rows, span, track.clientWidth, query === '' ? undefined : matches))
}

function percent(span: Span, atMs: number): string {
  return `${position(span, atMs) * 100}%`
}
