import { spawnSync } from 'node:child_process'
import { finished } from 'node:stream/promises'

import { launch, MisuseError, type Call, type Machine } from '../index.ts'
import { commandExitCode } from './command-exit-code.ts'
import { LeaveKeys } from './leave-keys.ts'
import { toLaunchOptions } from './machine-options.ts'
import { toPlace } from './place-options.ts'
import type { ShellArguments } from './shell-command.ts'

/** The user's shell, by the terminal's own name where the guest knows it. */
const loginShell = `
for folder in /etc/terminfo /lib/terminfo /usr/lib/terminfo /usr/share/terminfo; do
  [ -e "$folder/\${TERM%"\${TERM#?}"}/$TERM" ] && exec "$SHELL" -l
done
TERM=xterm-256color
exec "$SHELL" -l`

/**
 * What a program that was cut off may have left: the second screen, a hidden cursor, marked pastes, reports of the mouse, colours.
 * Source: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 */
const undoModes =
  '\u001B[?1049l\u001B[?25h\u001B[?2004l\u001B[?1000l\u001B[?1002l\u001B[?1003l\u001B[?1006l\u001B[0m'

/**
 * Opens a shell in a fresh machine, in our terminal.
 *
 * @returns the exit code that tells how it ended
 * @throws MisuseError `ERR_FLEDGE_OPTION` where there is no terminal
 */
export async function shell(image: string, given: ShellArguments, signal: AbortSignal): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new MisuseError(
      'ERR_FLEDGE_OPTION',
      'Cannot open a shell: standard input and output are not a terminal',
      { hint: `"fledge exec ${image} -- sh -c 'COMMANDS'" runs commands without one` },
    )
  }
  const machine = await launch(image, { ...toLaunchOptions(given), signal })
  try {
    process.stderr.write(
      `fledge: this is "${machine.name}", fresh from ${machine.image}; it is gone when you leave\n`,
    )
    return await runIn(machine, given, signal)
  } finally {
    await (signal.aborted ? machine.kill() : machine.stop())
  }
}

async function runIn(machine: Machine, place: ShellArguments, signal: AbortSignal): Promise<number> {
  const leaving = new AbortController()
  const call = await machine.spawn(['sh', '-c', loginShell], {
    signal: AbortSignal.any([signal, leaving.signal]),
    terminal: terminalSize(),
    ...toPlace(place),
    env: { ...hostTerminal(), ...place.env },
  })
  using _ = connect(call, () => leaving.abort())
  try {
    // A terminal has one output.
    call.stderr.resume()
    call.stdout.pipe(process.stdout, { end: false })
    const [exit] = await Promise.all([call.exited, finished(call.stdout, { writable: false })])
    return commandExitCode(exit)
  } catch (error) {
    process.stdout.write(undoModes)
    if (leaving.signal.aborted) return 0
    throw error
  }
}

/** Has the keys of our terminal go to a command, and its size be the command's, until this is disposed of. */
function connect(call: Call, leave: () => void): Disposable {
  const { stdin, stdout } = process
  const keys = new LeaveKeys()
  const type = (bytes: Buffer): void => {
    const { send, left } = keys.take(bytes)
    if (send.length > 0) call.stdin?.write(send)
    if (left) leave()
  }
  const resize = (): void => {
    const { rows, columns } = terminalSize()
    call.resize(rows, columns)
  }
  stdin.setRawMode(true)
  // Node leaves it the making of "\r\n" from "\n", which the guest's terminal has done, or has not for a reason.
  spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'inherit'] })
  stdin.on('data', type)
  stdout.on('resize', resize)
  // What was typed, or resized, meanwhile.
  resize()
  return {
    [Symbol.dispose]() {
      stdout.off('resize', resize)
      stdin.off('data', type)
      stdin.setRawMode(false)
      stdin.pause()
    },
  }
}

/** A terminal that nobody has told its size has none. */
function terminalSize(): { rows: number; columns: number } {
  return { rows: process.stdout.rows || 24, columns: process.stdout.columns || 80 }
}

function hostTerminal(): Record<string, string> {
  const { TERM = 'xterm-256color', COLORTERM } = process.env
  return { TERM, ...(COLORTERM === undefined ? {} : { COLORTERM }) }
}
