import type { VerbCall } from '../index.ts'

/** About what fits into a line of a report. */
const limit = 100

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

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
  const line = text.trim().replaceAll(/\p{Cc}|\p{Zl}|\p{Zp}|\p{Bidi_Control}/gu, visible)
  // A character has two units at the most.
  const characters = Array.from(line.slice(0, 2 * limit + 2))
  return characters.length > limit ? `${characters.slice(0, limit - 1).join('')}…` : line
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  return named[character] ?? (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`)
}
