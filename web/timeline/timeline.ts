import type { TimelineData } from '../../src/test/timeline-data.ts'
import { Details } from './details.ts'
import { element } from './element.ts'
import { Lanes } from './lanes.ts'
import { RowList } from './row-list.ts'
import { allRows, endOf, firstAt, isMatch, rowsBetween, type Kind, type Row } from './rows.ts'
import { duration, spanWithin, type Span } from './span.ts'

const kinds: readonly Kind[] = ['command', 'console', 'journal', 'screen']
/** Room beside the first and the last thing that happened: a part of the whole. */
const edge = 0.01
/** Typing on within this time is one search. */
const typingMs = 120

/** Shows a timeline in an element. */
export function showTimeline(data: TimelineData, page: HTMLElement): void {
  const rows = allRows(data)
  const machines = data.machines.map(({ name }) => name)
  const whole = wholeSpan(data, rows)
  const commands = rows.filter(({ kind }) => kind === 'command')
  const said = rows.filter(({ kind }) => kind === 'console' || kind === 'journal')
  const shownKinds = new Set<Kind>(kinds)
  let span = whole
  let query = ''
  let selected: Row | undefined
  let listed: readonly Row[] = rows
  let matches: ReadonlySet<Row> = new Set(rows)

  const list = new RowList({ label: 'All that happened', machines, onSelect: (row) => choose(row) })
  const details = new Details({ said, commands, machines, onSelect: (row) => choose(row) })
  const lanes = new Lanes(data, rows, whole, {
    onSelect: (row) => choose(row),
    onSpan: (wanted) => zoom(wanted),
    onMoment: (atMs) => list.scrollTo(firstAt(listed, atMs)),
  })
  const count = element('output', { class: 'count', for: 'search' })
  const search = element('input', {
    id: 'search',
    type: 'search',
    placeholder: 'Search (press /)',
    'aria-label': 'Search in commands, their output, console and journal',
    spellcheck: 'false',
    autocomplete: 'off',
    oninput: () => {
      clearTimeout(typing)
      typing = setTimeout(lookFor, typingMs)
    },
  })
  const reset = button('All', 'Show all of the time (0)', () => zoom(whole))
  let typing: ReturnType<typeof setTimeout> | undefined

  function lookFor(): void {
    query = search.value.trim().toLowerCase()
    matches = new Set(query === '' ? rows : rows.filter((row) => isMatch(row, query)))
    refresh()
    // What is found near what was looked at comes first.
    reveal(selected?.atMs ?? span.fromMs)
  }

  /** Brings what is chosen into sight or, when it is not in the list, a moment. */
  function reveal(atMs: number): void {
    if (selected && listed.includes(selected)) list.select(selected)
    else list.scrollTo(firstAt(listed, atMs))
  }

  function refresh(): void {
    listed = rowsBetween(rows, span.fromMs, span.toMs).filter(
      (row) => shownKinds.has(row.kind) && matches.has(row),
    )
    list.show(listed, query)
    lanes.show({ span, query, matches, selected })
    const all = `${rows.length.toLocaleString('en')} lines`
    count.textContent =
      listed.length === rows.length ? all : `${listed.length.toLocaleString('en')} of ${all}`
    reset.disabled = span === whole
  }

  function choose(row: Row): void {
    selected = row
    details.show(row)
    list.select(row)
    lanes.show({ span, query, matches, selected })
  }

  function zoom(wanted: Span): void {
    const within = spanWithin(whole, wanted)
    span = within.toMs - within.fromMs >= whole.toMs - whole.fromMs ? whole : within
    refresh()
    reveal(span.fromMs)
  }

  /** Around what is chosen, if that is in sight. */
  function magnify(factor: number): void {
    const isInSight = selected !== undefined && selected.atMs >= span.fromMs && selected.atMs <= span.toMs
    const centre = isInSight && selected ? selected.atMs : (span.fromMs + span.toMs) / 2
    zoom({ fromMs: centre - (centre - span.fromMs) * factor, toMs: centre + (span.toMs - centre) * factor })
  }

  /** To the next command, or the one before. */
  function step(by: 1 | -1): void {
    const at = selected?.step
      ? commands.indexOf(selected)
      : firstAt(commands, selected?.atMs ?? 0) - (by === 1 ? 1 : 0)
    const next = commands[at + by]
    if (next) choose(next)
  }

  const keys: Readonly<Record<string, () => void>> = {
    '/': () => search.focus(),
    '+': () => magnify(0.5),
    '-': () => magnify(2),
    '0': () => zoom(whole),
    n: () => step(1),
    p: () => step(-1),
  }
  document.addEventListener('keydown', (event) => {
    if (event.target === search) {
      if (event.key !== 'Escape' && event.key !== 'Enter') return
      if (event.key === 'Escape') search.value = ''
      lookFor()
      list.node.focus()
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey && keys[event.key]) keys[event.key]?.()
    else return
    event.preventDefault()
  })

  const filters = kinds.map((kind) =>
    element(
      'label',
      { class: 'filter' },
      element('input', {
        type: 'checkbox',
        checked: true,
        onchange: (event: Event) => {
          if ((event.target as HTMLInputElement).checked) shownKinds.add(kind)
          else shownKinds.delete(kind)
          refresh()
        },
      }),
      kind === 'command' ? 'commands' : kind,
    ),
  )
  const zooms = element(
    'div',
    { class: 'zooms' },
    button('−', 'Show more of the time (-)', () => magnify(2)),
    button('+', 'Show less of the time (+)', () => magnify(0.5)),
    reset,
  )
  page.replaceChildren(
    header(data),
    element(
      'div',
      { class: 'tools' },
      element('div', { class: 'searching' }, search, count),
      element('div', { class: 'filters' }, ...filters),
      zooms,
    ),
    lanes.node,
    element('div', { class: 'panes' }, list.node, details.node),
    element('footer', {}, ...help()),
  )
  page.removeAttribute('aria-busy')
  refresh()
  const failed = commands.findLast(({ step: each }) => each?.state === 'failed' && each.machine !== undefined)
  if (failed) choose(failed)
}

/** From the first to the last of all, with some room on both sides. */
function wholeSpan({ test }: TimelineData, rows: readonly Row[]): Span {
  const first = Math.min(0, rows[0]?.atMs ?? 0)
  const last = rows.reduce((latest, row) => Math.max(latest, endOf(row)), test.endMs - test.startMs)
  const room = Math.max(10, (last - first) * edge)
  return { fromMs: first - room, toMs: last + room }
}

function header({ test }: TimelineData): HTMLElement {
  const facts = [
    test.place,
    test.project,
    duration(test.endMs - test.startMs),
    new Date(test.startMs)
      .toISOString()
      .replace('T', ' ')
      .replace(/\.\d+Z$/, ' UTC'),
  ]
  return element(
    'header',
    {},
    element('h1', {}, element('span', { class: `badge ${test.status}` }, test.status), ' ', test.title),
    element('p', { class: 'facts' }, facts.filter((fact) => fact !== '').join(' · ')),
    ...(test.error ? [element('p', { class: 'why' }, test.error)] : []),
  )
}

function button(text: string, label: string, onclick: () => void): HTMLButtonElement {
  return element('button', { type: 'button', title: label, 'aria-label': label, onclick }, text)
}

function help(): (Node | string)[] {
  const all = { '/': 'search', '↑ ↓': 'lines', 'n p': 'commands', '+ − 0': 'zoom', drag: 'zoom to a span' }
  return Object.entries(all).flatMap(([key, what]) => [element('kbd', {}, key), ` ${what} `])
}
