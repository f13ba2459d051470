import { finished } from 'node:stream/promises'

import type { Call, CommandPlace, Exit, Machine } from '../index.ts'
import { takeTerminal, terminalSize, undoModes, type Terminal } from './terminal.ts'

/** Where and for how long a shell is open. */
export interface ShellOptions extends CommandPlace {
  readonly terminal: Terminal
  /** Ends it. */
  readonly signal?: AbortSignal
}

/** The user's shell, by the terminal's own name where the guest knows it. */
const loginShell = `
for folder in /etc/terminfo /lib/terminfo /usr/lib/terminfo /usr/share/terminfo; do
  [ -e "$folder/\${TERM%"\${TERM#?}"}/$TERM" ] && exec "$SHELL" -l
done
TERM=xterm-256color
exec "$SHELL" -l`

/**
 * Opens a shell in a machine, in a terminal of ours, and waits for its end.
 *
 * @returns how it ended; nothing when the person left it by `~.`
 */
export async function openShell(
  machine: Machine,
  { terminal, signal, ...place }: ShellOptions,
): Promise<Exit | undefined> {
  const leaving = new AbortController()
  const call = await machine.spawn(['sh', '-c', loginShell], {
    signal: AbortSignal.any(signal ? [signal, leaving.signal] : [leaving.signal]),
    terminal: terminalSize(terminal.output),
    ...place,
    env: { ...hostTerminal(), ...place.env },
  })
  using _ = takeTerminal(terminal, {
    type: (keys) => call.stdin?.write(keys),
    resize: ({ rows, columns }) => call.resize(rows, columns),
    leave: () => leaving.abort(),
  })
  try {
    return await show(call, terminal)
  } catch (error) {
    terminal.output.write(undoModes)
    if (leaving.signal.aborted) return undefined
    throw error
  }
}

async function show(call: Call, { output }: Terminal): Promise<Exit> {
  // A terminal has one output.
  call.stderr.resume()
  call.stdout.pipe(output, { end: false })
  const [exit] = await Promise.all([call.exited, finished(call.stdout, { writable: false })])
  return exit
}

function hostTerminal(): Record<string, string> {
  const { TERM = 'xterm-256color', COLORTERM } = process.env
  return { TERM, ...(COLORTERM === undefined ? {} : { COLORTERM }) }
}
