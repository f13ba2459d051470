import { closeSync, openSync } from 'node:fs'
import { ReadStream, WriteStream } from 'node:tty'

import type { Terminal } from './terminal.ts'

/**
 * The terminal that this process was started in, whatever its standard streams are; nothing where there is none. It is closed when this is
 * disposed of.
 */
export function ownTty(): (Terminal & Disposable) | undefined {
  let fd: number
  try {
    fd = openSync('/dev/tty', 'r+')
  } catch {
    // The kernel knows several ways to say that there is none.
    return undefined
  }
  const output = new WriteStream(openSync('/dev/tty', 'w'))
  const input = Object.assign(new ReadStream(fd), { fd })
  const resize = (): void => refreshSize(output)
  process.on('SIGWINCH', resize)
  return {
    input,
    output,
    [Symbol.dispose]() {
      process.off('SIGWINCH', resize)
      input.setRawMode(false)
      input.destroy()
      output.destroy()
    },
  }
}

/** Whether this process was started in a terminal. */
export function hasTty(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r+'))
    return true
  } catch {
    return false
  }
}

/** What Node does for the terminal of `process.stdout` only. */
function refreshSize(output: WriteStream & { readonly _refreshSize?: () => void }): void {
  output._refreshSize?.()
}
