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
