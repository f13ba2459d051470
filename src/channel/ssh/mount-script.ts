import { shellQuote } from '../../util/shell-quote.ts'
import type { MountRequest } from '../mount-request.ts'

/** Linux's `MS_RDONLY`, from mount.h. */
const readOnlyFlag = 1

/** A script that mounts as the agent does, in a guest that runs Linux. */
export function mountScript({ source, target, type, data, flags = 0, folders = [] }: MountRequest): string {
  const options = [flags & readOnlyFlag ? 'ro' : 'rw', ...(data === undefined ? [] : [data])].join(',')
  const made = folders.length > 0 ? `mkdir -p -- ${folders.map(shellQuote).join(' ')}` : ':'
  return `[ "$(uname -s)" = Linux ] || { echo 'its system cannot mount the folders of this host' >&2; exit 1; }
mkdir -p -- ${shellQuote(target)}
mount -t ${shellQuote(type)} -o ${shellQuote(options)} -- ${shellQuote(source)} ${shellQuote(target)}
${made}`
}
