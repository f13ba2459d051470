// oxlint-disable no-control-regex -- they are what this is about

/**
 * What a terminal obeys, or cannot show: control characters (C0, DEL, C1), which begin all sequences that steer it; marks of
 * direction, which let a text look like another; separators of lines and paragraphs; halves of characters.
 */
const unseen = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/gu

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** What only styles the text that follows, and hides none of it: bold, dim, italic, underlined, inverse, and colours of the letters but black. */
const style = /(\u001B\[(?:[0-47]|2[2-47]|3[1-79]|9[0-7])m)/

/**
 * A text that no terminal obeys: what would steer it is written out as in a JavaScript string, `\x1b` for escape. Line feeds and tabs stay.
 *
 * @example
 * visible('\u001B[2Jgone?') // '\\x1b[2Jgone?'
 */
export function visible(text: string): string {
  return text.replaceAll(unseen, (each) => (each === '\n' || each === '\t' ? each : writtenOut(each)))
}

/** The same in one line: line feeds and tabs are written out too. */
export function visibleLine(text: string): string {
  return text.replaceAll(unseen, writtenOut)
}

/** The same, with colours: for a text that has some of ours. A colour that someone else left on is switched off at its end. */
export function visibleButStyles(text: string): string {
  const parts = text.split(style)
  const shown = parts.map((part, index) => (index % 2 === 1 ? part : visible(part))).join('')
  return /^\u001B\[(?:0|2[2-47]|39)m$/.test(parts.at(-2) ?? '\u001B[0m') ? shown : `${shown}\u001B[0m`
}

/** A console's text as a person reads it in a file: lines end as they do in files, colours are left out, and what else steers a terminal is written out. */
export function visibleLog(text: string): string {
  return visible(text.replaceAll(/\u001B\[[\d;]*m/g, '').replaceAll(/\r+\n/g, '\n'))
}

function writtenOut(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  return named[character] ?? (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`)
}
