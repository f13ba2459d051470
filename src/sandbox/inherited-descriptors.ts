import { readdirSync, readFileSync } from 'node:fs'

/** The kernel's `O_CLOEXEC`, as it is in `/proc/self/fdinfo`. */
const closedOnExec = 0o2000000

/**
 * Descriptors besides the standard ones that a program which this process starts would have too: those that this process was
 * started with, by a shell or by make. Node's own are closed then.
 */
export function inheritedDescriptors(): readonly number[] {
  const all = readdirSync('/proc/self/fd').map(Number)
  return all.filter((descriptor) => descriptor > 2 && isInherited(descriptor))
}

function isInherited(descriptor: number): boolean {
  try {
    const [, flags = '0'] =
      /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8')) ?? []
    return (Number.parseInt(flags, 8) & closedOnExec) === 0
  } catch {
    // It was the one that the folder was read by.
    return false
  }
}
