import { spawnSync } from 'node:child_process'
import type { ReadStream, WriteStream } from 'node:tty'

import { MisuseError } from '../index.ts'
import { LeaveKeys } from './leave-keys.ts'

/** The two sides of a terminal, as those of this process or of `/dev/tty`. */
export interface Terminal {
  readonly input: ReadStream & { readonly fd: number }
  readonly output: WriteStream
}

/** Who has a terminal for a while. */
export interface TerminalUser {
  /** Is given the keys as they come, but for those by which one leaves. */
  type(keys: Buffer): void
  /** Is told of the terminal's size, at once and whenever it changes. */
  resize(size: TerminalSize): void
  /** Is told that the person has typed `~.` at the begin of a line. */
  leave(): void
}

/** In characters. */
export interface TerminalSize {
  readonly rows: number
  readonly columns: number
}

/**
 * What a program that was cut off may have left: the second screen, a hidden cursor, marked pastes, reports of the mouse, colours.
 * Source: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 */
export const undoModes =
  '\u001B[?1049l\u001B[?25h\u001B[?2004l\u001B[?1000l\u001B[?1002l\u001B[?1003l\u001B[?1006l\u001B[0m'

/**
 * The terminal of this process.
 *
 * @param what cannot be done without one, as `open a shell`
 * @throws MisuseError `ERR_FLEDGE_OPTION` where standard input and output are none
 */
export function ownTerminal(what: string, hint: string): Terminal {
  const { stdin: input, stdout: output } = process
  if (input.isTTY && output.isTTY) return { input, output }
  throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot ${what}: standard input and output are not a terminal`, {
    hint,
  })
}

/**
 * Takes a terminal for someone: its keys come as they are typed, Ctrl-C among them, and what is written to it is changed by nothing. A prompt
 * that has it is set aside, and has it again when this is disposed of.
 */
export function takeTerminal({ input, output }: Terminal, user: TerminalUser): Disposable {
  const [wasRaw, wasFlowing] = [input.isRaw, input.readableFlowing === true]
  const putBack = [setAside(input, 'keypress'), setAside(output, 'resize')]
  const keys = new LeaveKeys()
  const type = (bytes: Buffer): void => {
    const { send, left } = keys.take(bytes)
    if (send.length > 0) user.type(send)
    if (left) user.leave()
  }
  const resize = (): void => user.resize(terminalSize(output))
  input.setRawMode(true)
  // Node leaves it the making of "\r\n" from "\n", which the guest's terminal has done, or has not for a reason.
  spawnSync('stty', ['-opost'], { stdio: [input.fd, 'ignore', 'inherit'] })
  input.on('data', type)
  output.on('resize', resize)
  // What was typed, or resized, meanwhile.
  resize()
  return {
    [Symbol.dispose]() {
      output.off('resize', resize)
      input.off('data', type)
      if (!wasFlowing) input.pause()
      // Only from here back into the raw mode of a prompt, in which lines end as they do for programs.
      input.setRawMode(false)
      if (wasRaw) input.setRawMode(true)
      for (const each of putBack) each()
    },
  }
}

/** A terminal that nobody has told its size has none. */
export function terminalSize({ rows, columns }: WriteStream): TerminalSize {
  return { rows: rows || 24, columns: columns || 80 }
}

type Listener = Parameters<ReadStream['on']>[1]

/** Takes the listeners of an event away, and gives what puts them back. */
function setAside(stream: ReadStream | WriteStream, event: string): () => void {
  const listeners = stream.listeners(event) as Listener[]
  for (const each of listeners) stream.off(event, each)
  return () => {
    for (const each of listeners) stream.on(event, each)
  }
}
