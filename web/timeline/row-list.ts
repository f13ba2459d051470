import { element, marked } from './element.ts'
import type { Row } from './rows.ts'
import { moment } from './span.ts'

/** The height of a row in pixels; the style sheet has the same. */
const rowHeight = 24
/** How many rows beyond those in sight are there, so that scrolling shows no gaps. */
const spare = 10

/** How a list of rows is shown. */
export interface RowListOptions {
  readonly label: string
  readonly machines: readonly string[]
  readonly onSelect: (row: Row) => void
}

/** A list of any number of rows, of which only those in sight are elements. */
export class RowList {
  readonly node: HTMLElement
  readonly #inner: HTMLElement
  readonly #options: RowListOptions
  #rows: readonly Row[] = []
  #query = ''
  #selected = -1

  constructor(options: RowListOptions) {
    this.#options = options
    this.#inner = element('div', { class: 'rows', role: 'presentation' })
    this.node = element(
      'div',
      {
        class: 'list',
        role: 'listbox',
        tabindex: 0,
        'aria-label': options.label,
        onscroll: () => this.#draw(),
        onkeydown: (event: KeyboardEvent) => this.#onKey(event),
        onclick: (event: MouseEvent) => this.#onClick(event),
      },
      this.#inner,
    )
    new ResizeObserver(() => this.#draw()).observe(this.node)
  }

  /** Shows other rows; what was selected stays so, if it is among them. */
  show(rows: readonly Row[], query: string): void {
    const selected = this.#rows[this.#selected]
    this.#rows = rows
    this.#query = query
    this.#selected = selected ? rows.indexOf(selected) : -1
    this.#inner.style.height = `${rows.length * rowHeight}px`
    this.#draw()
  }

  /** Selects a row without telling of it, and brings it into sight. */
  select(row: Row): void {
    this.#selected = this.#rows.indexOf(row)
    if (this.#selected >= 0) this.#reveal()
    this.#draw()
  }

  /** Brings the row of an index to the top. */
  scrollTo(index: number): void {
    this.node.scrollTop = index * rowHeight
  }

  #reveal(): void {
    const top = this.#selected * rowHeight
    const { scrollTop, clientHeight } = this.node
    if (top < scrollTop || top + rowHeight > scrollTop + clientHeight) {
      this.node.scrollTop = top - clientHeight / 2
    }
  }

  #choose(index: number): void {
    const row = this.#rows[Math.min(Math.max(0, index), this.#rows.length - 1)]
    if (!row) return
    this.select(row)
    this.#options.onSelect(row)
  }

  #onClick(event: MouseEvent): void {
    const row = (event.target as Element).closest<HTMLElement>('[data-index]')
    if (row) this.#choose(Number(row.dataset['index']))
  }

  #onKey(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.node.clientHeight / rowHeight) - 1)
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.#rows.length,
      End: this.#rows.length,
    }
    const step = steps[event.key]
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    this.#choose(this.#selected < 0 && step === 1 ? 0 : this.#selected + step)
  }

  #draw(): void {
    const first = Math.max(0, Math.floor(this.node.scrollTop / rowHeight) - spare)
    const count = Math.ceil(this.node.clientHeight / rowHeight) + 2 * spare
    const rows = this.#rows.slice(first, first + count)
    this.#inner.replaceChildren(...rows.map((row, index) => this.#rowNode(row, first + index)))
    const active = this.#selected >= first && this.#selected < first + count
    if (active) this.node.setAttribute('aria-activedescendant', `${this.#id}-${this.#selected}`)
    else this.node.removeAttribute('aria-activedescendant')
  }

  get #id(): string {
    return this.#options.label.replaceAll(' ', '-')
  }

  #rowNode(row: Row, index: number): HTMLElement {
    const { machines } = this.#options
    const machine = machines.length > 1 ? `${machines[row.machine] ?? ''} ` : ''
    return element(
      'div',
      {
        class: `row ${row.kind} ${row.level}`,
        role: 'option',
        id: `${this.#id}-${index}`,
        'data-index': index,
        'aria-selected': String(index === this.#selected),
        'aria-setsize': this.#rows.length,
        'aria-posinset': index + 1,
        style: `top: ${index * rowHeight}px`,
      },
      element('span', { class: 'time' }, moment(row.atMs)),
      element('span', { class: 'kind' }, row.kind === 'command' && row.machine < 0 ? 'part' : row.kind),
      element(
        'span',
        { class: 'text' },
        ...(machine === '' ? [] : [element('span', { class: 'machine' }, machine)]),
        ...(row.kind === 'journal'
          ? [element('span', { class: 'source' }, ...marked(row.source, this.#query)), ' ']
          : []),
        ...marked(row.text.slice(0, 400), this.#query),
      ),
    )
  }
}
