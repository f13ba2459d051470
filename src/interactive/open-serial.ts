import { finished } from 'node:stream/promises'

import type { Machine } from '../index.ts'
import { takeTerminal, undoModes, type Terminal } from './terminal.ts'

/** How long the serial console is open. */
export interface SerialOptions {
  readonly terminal: Terminal
  /** Ends it. */
  readonly signal: AbortSignal
}

/** Logs root in on the serial console, again and again, where nothing has it, as in images from packages, and there is what does it. */
export const serialLogin = `
command -v agetty > /dev/null || exit 0
! ls -l /proc/[0-9]*/fd 2> /dev/null | grep -q "/dev/ttyS0\\$" || exit 0
while :; do setsid -w agetty --autologin root --noclear --keep-baud 115200 ttyS0 "$TERM"; sleep 1; done`

/**
 * Shows the serial console of a machine in a terminal of ours, what it was given so far first, until the machine ends or the person leaves by `~.`. Root
 * is logged in there for that time, unless something else has it.
 */
export async function openSerial(machine: Machine, { terminal, signal }: SerialOptions): Promise<void> {
  const { TERM = 'xterm-256color' } = process.env
  const login = await machine.spawn(['sh', '-c', serialLogin], { env: { TERM } })
  login.stdout.resume()
  login.stderr.resume()
  login.exited.catch(() => {})
  const console = machine.openConsole()
  {
    using _ = takeTerminal(terminal, {
      type: (keys) => console.write(keys),
      // A serial line has no size.
      resize: () => {},
      leave: () => console.destroy(),
    })
    console.pipe(terminal.output, { end: false })
    try {
      await finished(console, { writable: false, signal })
    } catch (error) {
      // Who leaves has destroyed it.
      if (signal.aborted || !console.destroyed) throw error
    } finally {
      console.destroy()
      login.signal('SIGKILL', { tree: true })
    }
  }
  terminal.output.write(`${undoModes}\n`)
}
