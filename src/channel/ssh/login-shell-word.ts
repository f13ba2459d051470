import { shellQuote } from '../../util/shell-quote.ts'

/** What every login shell leaves alone between single quotes: not `!` (csh) nor a backslash or a line end (csh, fish). */
const plain = /^[\w\t "#$%&()*+,./:;<=>?@[\]^`{|}~-]$/

/**
 * A command for whatever login shell a user has, as SSH servers give commands to those, that has `/bin/sh` run a script.
 *
 * @param script for any POSIX shell
 */
export function forLoginShell(script: string): string {
  const encoded = [...Buffer.from(script)].map((byte) => {
    const character = String.fromCharCode(byte)
    return plain.test(character) ? character : `\\0${byte.toString(8).padStart(3, '0')}`
  })
  return `exec /bin/sh -c ${shellQuote('eval "$(printf %b "$0")"')} ${quoted(encoded.join(''))}`
}

/** There is no quote in it any more. */
function quoted(encoded: string): string {
  return `'${encoded}'`
}
