import { shellQuote } from '../../util/shell-quote.ts'
import type { MountRequest } from '../mount-request.ts'

/** Linux's `MS_*` that shares are mounted with, from mount.h, as mount(8) calls them. */
const flagNames = [
  [32, 'remount'],
  [4096, 'bind'],
] as const
const readOnlyFlag = 1

/** A script that mounts as the agent does, in a guest that runs Linux. */
export function mountScript({ source, target, type, data, flags = 0, folders = [] }: MountRequest): string {
  const named = flagNames.flatMap(([flag, name]) => (flags & flag ? [name] : []))
  const access = flags & readOnlyFlag ? 'ro' : 'rw'
  const options = [...named, access, ...(data === undefined ? [] : [data])].join(',')
  const kind = type === '' ? '' : `-t ${shellQuote(type)} `
  const from = source === '' ? '' : `${shellQuote(source)} `
  const made = folders.length > 0 ? `mkdir -p -- ${folders.map(shellQuote).join(' ')}` : ':'
  return `[ "$(uname -s)" = Linux ] || { echo 'its system cannot mount the folders of this host' >&2; exit 1; }
mkdir -p -- ${shellQuote(target)}
mount ${kind}-o ${shellQuote(options)} -- ${from}${shellQuote(target)}
${made}`
}
