import { basename } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

import type { TestInfo } from '@playwright/test'

import type { ConsolePiece, Machine } from '../index.ts'
import type { Evidence } from './collect-evidence.ts'
import type { JournalEntry } from './journal.ts'
import type { Picture } from './screen-log.ts'
import type { Secrets } from './secrets.ts'
import { depthOf, type Step } from './step-log.ts'
import type {
  TimelineData,
  TimelineEntry,
  TimelineLine,
  TimelineMachine,
  TimelineStep,
} from './timeline-data.ts'

/** How much of a journal goes into a page, in characters: its end. */
const journalLimit = 24 << 20

/** Puts together what the page of a test shows. */
export function timelineData(
  testInfo: TestInfo,
  steps: readonly Step[],
  machines: readonly TimelineMachine[],
): TimelineData {
  const { title, file, line, project, status = 'passed', errors } = testInfo
  const now = Date.now()
  const startMs = Math.min(now, ...steps.slice(0, 1).map((step) => step.startMs))
  const [error] = errors
  const message = stripVTControlCharacters(error?.message ?? error?.value ?? '').split('\n', 1)[0] ?? ''
  return {
    test: {
      title,
      place: `${basename(file)}:${line}`,
      project: project.name,
      status,
      startMs,
      endMs: now,
      ...(message === '' ? {} : { error: message }),
    },
    steps: steps.map((step) => timelineStep(step, now)),
    machines,
  }
}

/** What the page shows of a machine. */
export function timelineMachine(
  { name, image, accelerator }: Pick<Machine, 'name' | 'image' | 'accelerator'>,
  { console, journal = [] }: Evidence,
  screens: readonly Picture[],
  secrets: Secrets,
): TimelineMachine {
  return {
    name,
    facts: `${image}, ${accelerator}`,
    console: consoleLines(console).map(([timeMs, text]) => [timeMs, secrets.hide(text)]),
    journal: theEnd(journal).map(({ timeMs, priority, source, message }): TimelineEntry => [
      timeMs,
      priority,
      source,
      secrets.hide(message),
    ]),
    screens: screens.map(({ timeMs, png }) => ({ timeMs, png: png.toString('base64') })),
  }
}

/** The lines of a console, each at the time when its first part was written, without what steers a terminal. */
export function consoleLines(pieces: readonly ConsolePiece[]): TimelineLine[] {
  const lines: TimelineLine[] = []
  let begun = ''
  let begunMs = 0
  const end = (): void => {
    // A carriage return begins the line anew; the one before the line's end does not count.
    const text = stripVTControlCharacters(begun).trimEnd().split('\r').at(-1) ?? ''
    if (text !== '') lines.push([begunMs, text])
    begun = ''
  }
  for (const { timeMs, text } of pieces) {
    for (const [index, part] of text.split('\n').entries()) {
      if (index > 0) end()
      if (begun === '') begunMs = timeMs
      begun += part
    }
  }
  end()
  return lines
}

function timelineStep(step: Step, now: number): TimelineStep {
  const { machine, title, text, startMs, endMs = now, state, outcome } = step
  return {
    depth: depthOf(step),
    ...(machine === undefined ? {} : { machine }),
    title,
    text,
    startMs,
    endMs,
    state,
    ...outcome,
  }
}

function theEnd(journal: readonly JournalEntry[]): readonly JournalEntry[] {
  let size = 0
  const first = journal.findLastIndex(({ message }) => (size += message.length) > journalLimit)
  return journal.slice(first + 1)
}
