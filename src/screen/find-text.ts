import type { ScreenBox } from './picture.ts'
import type { ScreenText, ScreenWord } from './read-text.ts'

/** A text that was found on a screen. */
export interface ScreenMatch {
  /** What was found, as it was recognised. */
  readonly text: string
  /** Around the words that it is in, in pixels of the screen. */
  readonly box: ScreenBox
}

/** Looks for a text, in which any white space is one space, or for an expression, in all of a screen's text. */
export function findText({ text, lines }: ScreenText, wanted: string | RegExp): ScreenMatch | undefined {
  const found = typeof wanted === 'string' ? exactly(text, wanted) : firstOf(text, wanted)
  if (!found) return undefined
  let at = 0
  const covered: ScreenWord[] = []
  for (const word of lines.flat()) {
    const end = at + word.text.length
    if (at < found.end && end > found.start) covered.push(word)
    at = end + 1
  }
  return covered.length === 0 ? undefined : { text: text.slice(found.start, found.end), box: around(covered) }
}

interface Range {
  readonly start: number
  readonly end: number
}

function exactly(text: string, wanted: string): Range | undefined {
  const words = wanted.trim().replaceAll(/\s+/g, ' ')
  const start = text.replaceAll('\n', ' ').indexOf(words)
  return start < 0 ? undefined : { start, end: start + words.length }
}

/** From the beginning, whatever a search with the same expression has left in it. */
function firstOf(text: string, { source, flags }: RegExp): Range | undefined {
  const found = new RegExp(source, flags.replaceAll(/[gy]/g, '')).exec(text)
  return found ? { start: found.index, end: found.index + found[0].length } : undefined
}

function around(words: readonly ScreenWord[]): ScreenBox {
  const x = Math.min(...words.map(({ box }) => box.x))
  const y = Math.min(...words.map(({ box }) => box.y))
  const right = Math.max(...words.map(({ box }) => box.x + box.width))
  const bottom = Math.max(...words.map(({ box }) => box.y + box.height))
  return { x, y, width: right - x, height: bottom - y }
}
