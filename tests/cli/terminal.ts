import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'

import { timeFactor } from '../../src/util/time-factor.ts'
import { mainFile } from './run-fledge.ts'

/** A run of the command line in a terminal of its own, which script(1) makes. */
export interface TerminalRun extends AsyncDisposable {
  readonly pid: number | undefined
  /** All that was shown, with its control sequences. */
  readonly shown: string
  type(keys: string): void
  /** Waits until something is shown after what the last call has found, and gives it. */
  until(pattern: RegExp): Promise<string>
  /** Closes the terminal, as a window is closed. */
  hangUp(): Promise<void>
  /** How it ended. */
  readonly ended: Promise<number | null>
  /** The name of its terminal, as `/dev/pts/3`. */
  readonly terminal: Promise<string>
}

/** Emulated or not, a shell in a guest answers within that. */
const limitMs = 5_000 * timeFactor('tcg')

/**
 * Starts the command line in a terminal, of 24 lines by 80 columns.
 *
 * @param plain whether `until` looks at what is shown without its control sequences
 */
export function inTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { plain = false, cwd }: { readonly plain?: boolean; readonly cwd?: string } = {},
): TerminalRun {
  const words = [process.execPath, mainFile, ...args].map(
    (word) => `'${word.replaceAll("'", String.raw`'\''`)}'`,
  )
  const line = `tty; stty rows 24 cols 80; exec ${words.join(' ')}`
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd,
    env: { ...process.env, TERM: 'xterm-256color', FLEDGE_DEBUG: '', ...env },
  })
  let shown = ''
  let seen = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const until = async (pattern: RegExp): Promise<string> => {
    const start = performance.now()
    for (;;) {
      const text = plain ? stripVTControlCharacters(shown) : shown
      const found = pattern.exec(text.slice(seen))
      if (found) {
        seen += found.index + found[0].length
        return found[0]
      }
      if (performance.now() - start > limitMs || child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`${String(pattern)} was not shown:\n${shown}`)
      }
      await sleep(20)
    }
  }
  const hangUp = async (): Promise<void> => {
    // It holds back all other signals. With it goes the terminal, of which the kernel tells whose it is.
    child.kill('SIGKILL')
    await ended
  }
  const terminal = until(/\/dev\/pts\/\d+/)
  return {
    pid: child.pid,
    get shown() {
      return shown
    },
    type: (keys) => void child.stdin.write(keys),
    until,
    ended,
    terminal,
    hangUp,
    [Symbol.asyncDispose]: hangUp,
  }
}
