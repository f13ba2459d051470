import { inspect } from 'node:util'

import { MisuseError } from '../errors.ts'
import { shellQuote } from '../util/shell-quote.ts'

/** What may stand in a template: a word, or several. */
export type ShellValue = string | number | bigint | boolean | readonly (string | number | bigint | boolean)[]

const wordTypes = new Set(['string', 'number', 'bigint', 'boolean'])

/**
 * A shell line of a template: the text as it stands, every value as a word of its own.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` for a value that is no word, as `undefined`
 */
export function shellLine(text: TemplateStringsArray, values: readonly ShellValue[]): string {
  if (!Array.isArray(text?.raw)) {
    throw new MisuseError(
      'ERR_FLEDGE_OPTION',
      `Cannot use ${inspect(text)} as a shell line of $: it is no template`,
      {
        hint: 'Write $`…` without parentheses; or give the line to succeed',
      },
    )
  }
  return text.raw.reduce((line, part, index) => {
    const words = [values[index - 1]].flat()
    return line + words.map(quoteValue).join(' ') + part
  })
}

function quoteValue(value: unknown): string {
  if (wordTypes.has(typeof value)) return shellQuote(String(value))
  throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot put ${inspect(value)} into a shell line: it is no word`)
}
