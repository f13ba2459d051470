import type { WriteStream } from 'node:tty'

import type { Completion } from './complete.ts'
import { paint } from './paint.ts'
import { terminalSize } from './terminal.ts'

/** Lines with what can stand at the end of a line, for a terminal. */
export function showCompletion({ words, about }: Completion, output: WriteStream): string {
  const { columns, rows } = terminalSize(output)
  const told = words.flatMap((word) => about(word) ?? [])
  // One line each, as long as there is room for all.
  if (told.length > 0 && words.length <= Math.max(1, rows - 4)) {
    const width = Math.max(...words.map((word) => word.length))
    const only = words.length === 1
    return words
      .map((word) => {
        const verb = about(word)
        if (!verb) return word
        if (only) return `${paint('bold', verb.signature ?? word, output)}\n  ${verb.summary}`
        return `${word.padEnd(width)}  ${paint('dim', cut(verb.summary, columns - width - 3), output)}`
      })
      .join('\n')
  }
  return inColumns(words, columns)
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`
}

function inColumns(words: readonly string[], columns: number): string {
  const width = Math.max(...words.map((word) => word.length)) + 2
  const perLine = Math.max(1, Math.floor(columns / width))
  const lines: string[] = []
  for (let index = 0; index < words.length; index += perLine) {
    lines.push(
      words
        .slice(index, index + perLine)
        .map((word) => word.padEnd(width))
        .join('')
        .trimEnd(),
    )
  }
  return lines.join('\n')
}
