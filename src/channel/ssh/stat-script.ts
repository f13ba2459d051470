import { GuestError } from '../../errors.ts'
import { shellQuote } from '../../util/shell-quote.ts'
import type { GuestStat } from '../guest-stat.ts'

/** A script that tells what a path is in one line; `-` for nothing. GNU and busybox have one `stat`, the BSDs another. */
export function statScript(path: string): string {
  const name = shellQuote(path)
  return `if [ ! -e ${name} ]; then echo -; exit; fi
case $(uname -s) in
  Linux) printf '16 '; stat -L -c '%f %u %g %s %Y' -- ${name} ;;
  *) printf '8 '; stat -L -f '%p %u %g %z %m' -- ${name} ;;
esac`
}

/** Reads what {@link statScript} wrote. */
export function readStat(path: string, output: string): GuestStat | undefined {
  if (output.trim() === '-') return undefined
  const [base, raw = '', ...numbers] = output.trim().split(' ')
  const mode = Number.parseInt(raw, Number(base))
  const [uid = Number.NaN, gid = Number.NaN, size = Number.NaN, seconds = Number.NaN] = numbers.map(Number)
  if ([mode, uid, gid, size, seconds].some(Number.isNaN)) {
    throw new GuestError(
      'ERR_FLEDGE_GUEST_REQUEST',
      `Cannot stat "${path}": the guest said "${output.trim()}"`,
    )
  }
  const format = mode & 0o170000
  return {
    ...{ mode, uid, gid, size, mtimeMs: seconds * 1000 },
    isFile: format === 0o100000,
    isDirectory: format === 0o040000,
  }
}
