import type { VerbCall } from '../index.ts'
import { visibleLine } from '../interactive/visible.ts'

/** About what fits into a line of a report. */
const limit = 100

/**
 * The title of the step that a verb is: one line, not too long, and without anything that a terminal would obey.
 *
 * @example
 * stepTitle({ machine: 'a', verb: 'succeed', detail: 'true\nfalse' }) // 'succeed: true\nfalse', in one line
 */
export function stepTitle({ verb, detail }: Pick<VerbCall, 'verb' | 'detail'>): string {
  const line = oneLine(detail)
  return line === '' ? verb : `${verb}: ${line}`
}

/** A text in one line that is not too long, and without anything that a terminal would obey. */
export function oneLine(text: string): string {
  const line = visibleLine(text.trim())
  // A character has two units at the most.
  const characters = Array.from(line.slice(0, 2 * limit + 2))
  return characters.length > limit ? `${characters.slice(0, limit - 1).join('')}…` : line
}
