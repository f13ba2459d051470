import { readFileSync } from 'node:fs'

/** With fewer, Node fails now and then to read our own modules, and says that they do not exist. */
const leastFiles = 128

/** Demands that this process may open as many files as it needs. */
export function requireOpenFiles(): void {
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  if (limit === undefined || Number(limit) >= leastFiles) return
  // Not an error of the library, which is more files than can be read now.
  throw Object.assign(new Error(`Cannot run with at most ${limit} open files`), {
    code: 'EMFILE',
    hint: `Allow ${leastFiles} or more, by "ulimit -n ${leastFiles}"`,
  })
}
