import type { TimelineData, TimelineStep } from '../../src/test/timeline-data.ts'

/** Where a row comes from. */
export type Kind = 'command' | 'console' | 'journal' | 'screen'

/** One thing that happened, as a line of the list. */
export interface Row {
  readonly kind: Kind
  /** Milliseconds since the start of the test. */
  readonly atMs: number
  /** The number of its machine; a subtest's is -1. */
  readonly machine: number
  /** The program that wrote an entry of a journal. */
  readonly source: string
  readonly text: string
  readonly level: 'error' | 'warning' | 'plain' | 'faint'
  readonly step?: TimelineStep
  /** A PNG in base64. */
  readonly png?: string
}

const errorPriority = 3
const warningPriority = 4
const faintPriority = 7

/** All that happened, in its order. */
export function allRows({ test, steps, machines }: TimelineData): Row[] {
  const begin = test.startMs
  const rows: Row[] = steps.map((step) => ({
    kind: 'command',
    atMs: step.startMs - begin,
    machine: machines.findIndex(({ name }) => name === step.machine),
    source: '',
    text: step.title,
    level: step.state === 'failed' ? 'error' : 'plain',
    step,
  }))
  for (const [machine, { console, journal, screens }] of machines.entries()) {
    for (const [timeMs, text] of console) {
      rows.push({ kind: 'console', atMs: timeMs - begin, machine, source: 'console', text, level: 'plain' })
    }
    for (const [timeMs, priority, source, text] of journal) {
      rows.push({ kind: 'journal', atMs: timeMs - begin, machine, source, text, level: levelOf(priority) })
    }
    for (const { timeMs, png } of screens) {
      const text = 'the screen'
      rows.push({ kind: 'screen', atMs: timeMs - begin, machine, source: '', text, level: 'plain', png })
    }
  }
  // The order of those of one moment stays, as sorting is stable.
  return rows.toSorted((a, b) => a.atMs - b.atMs)
}

/** Those that were within a span of time, by halving, as there may be very many. */
export function rowsBetween(rows: readonly Row[], fromMs: number, toMs: number): Row[] {
  return rows.slice(firstAt(rows, fromMs), firstAt(rows, toMs + 0.001))
}

/** The index of the first of them that was at a moment, or later. */
export function firstAt(rows: readonly Row[], atMs: number): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((rows[middle]?.atMs ?? 0) < atMs) low = middle + 1
    else high = middle
  }
  return low
}

/** When a command ended; other rows are moments. */
export function endOf({ atMs, step }: Row): number {
  return step ? atMs + (step.endMs - step.startMs) : atMs
}

/** Whether a row has a text in it, in small letters: a command's output counts. */
export function isMatch({ text, source, step }: Row, query: string): boolean {
  const parts = step ? [text, step.text, step.stdout, step.stderr, step.error] : [source, text]
  return parts.some((part) => part?.toLowerCase().includes(query))
}

function levelOf(priority: number): Row['level'] {
  if (priority <= errorPriority) return 'error'
  if (priority === warningPriority) return 'warning'
  return priority >= faintPriority ? 'faint' : 'plain'
}
