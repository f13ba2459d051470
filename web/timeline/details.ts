import { element } from './element.ts'
import { RowList } from './row-list.ts'
import { endOf, rowsBetween, type Row } from './rows.ts'
import { duration, moment } from './span.ts'

/** What the details are about, and what they lead to. */
export interface DetailsOptions {
  /** Console and journal of all machines. */
  readonly said: readonly Row[]
  readonly commands: readonly Row[]
  readonly machines: readonly string[]
  readonly onSelect: (row: Row) => void
}

/** A command takes a moment to be heard of: what is said so soon after its end is shown with it. */
const afterMs = 100

/** What is known of one row: of a command, what it wrote and what its machine said meanwhile. */
export class Details {
  readonly node: HTMLElement
  readonly #options: DetailsOptions

  constructor(options: DetailsOptions) {
    this.#options = options
    this.node = element('section', { class: 'details', 'aria-label': 'Details', 'aria-live': 'polite' })
    this.show(undefined)
  }

  /** Shows a row. */
  show(row: Row | undefined): void {
    this.node.scrollTop = 0
    if (!row)
      this.node.replaceChildren(
        element('p', { class: 'hint' }, 'Choose a command or a line to see all of it.'),
      )
    else if (row.step) this.node.replaceChildren(...this.#command(row, row.step))
    else this.node.replaceChildren(...this.#line(row))
  }

  #command(row: Row, step: NonNullable<Row['step']>): Node[] {
    const { said, machines, onSelect } = this.#options
    const facts = [moment(row.atMs), duration(endOf(row) - row.atMs), step.ending, step.machine]
    const isOwn = (each: Row): boolean => row.machine < 0 || each.machine === row.machine
    const meanwhile = rowsBetween(said, row.atMs, endOf(row) + afterMs).filter(isOwn)
    const list = new RowList({ label: 'Said meanwhile', machines, onSelect })
    list.show(meanwhile, '')
    return [
      element(
        'h2',
        { class: step.state },
        step.machine === undefined ? 'Part of the test' : 'Command',
        badge(step.state),
      ),
      element('p', { class: 'facts' }, facts.filter((fact) => fact !== undefined).join(' · ')),
      element('pre', { class: 'asked' }, step.text),
      ...block('Error', step.error, 'failed'),
      ...block('Standard error', step.stderr),
      ...block('Standard output', step.stdout),
      element(
        'h3',
        {},
        `Console and journal meanwhile `,
        element('small', {}, `${meanwhile.length.toLocaleString('en')} lines`),
      ),
      ...(meanwhile.length > 0 ? [list.node] : [element('p', { class: 'hint' }, 'Nothing was said.')]),
    ]
  }

  #line(row: Row): Node[] {
    const during = this.#options.commands.filter(
      (command) =>
        command.atMs <= row.atMs &&
        endOf(command) >= row.atMs &&
        (command.machine < 0 || command.machine === row.machine),
    )
    const facts = [moment(row.atMs), row.source, this.#options.machines[row.machine] ?? '']
    const title = { command: 'Command', console: 'Console', journal: 'Journal', screen: 'Screen' }[row.kind]
    return [
      element('h2', { class: row.level }, title),
      element('p', { class: 'facts' }, facts.filter((fact) => fact !== '').join(' · ')),
      row.png === undefined
        ? element('pre', { class: `asked ${row.level}` }, row.text)
        : element('img', {
            class: 'screen',
            src: `data:image/png;base64,${row.png}`,
            alt: 'The screen of the machine',
          }),
      ...(during.length > 0 ? [element('h3', {}, 'During')] : []),
      ...during.map((command) =>
        element(
          'button',
          { type: 'button', class: 'link', onclick: () => this.#options.onSelect(command) },
          command.text,
        ),
      ),
    ]
  }
}

function badge(state: string): HTMLElement {
  return element('span', { class: `badge ${state}` }, state)
}

function block(title: string, text: string | undefined, name = ''): Node[] {
  return text ? [element('h3', {}, title), element('pre', { class: name }, text.trimEnd())] : []
}
