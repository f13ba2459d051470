/** What a shell takes as one word without quotes. */
const plain = /^[\w@%+=:,./-]+$/

/**
 * One word for a POSIX shell, whatever is in it but a NUL.
 *
 * @example
 * shellQuote("it's") // 'it'\''s'
 */
export function shellQuote(word: string): string {
  if (plain.test(word)) return word
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}

/** What may stand in a template: a word, or several. */
export type ShellValue = string | number | bigint | boolean | readonly (string | number | bigint | boolean)[]

/** A shell line of a template: the text as it stands, every value as a word of its own. */
export function shellLine(text: TemplateStringsArray, values: readonly ShellValue[]): string {
  return text.raw.reduce((line, part, index) => {
    const value = values[index - 1]
    const words = value === undefined ? [] : [value].flat()
    return line + words.map((word) => shellQuote(String(word))).join(' ') + part
  })
}
