import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { commandLine } from './command-line.ts'

/** The command line in a terminal of its own, which script(1) makes. */
export interface InTerminal extends AsyncDisposable {
  type(keys: string): void
  /** Waits until something is shown after what was found last, and gives it. */
  until(what: RegExp): Promise<RegExpExecArray>
}

/** How long something may take to be shown. */
const patienceMs = 120_000

/** Starts the command line in a terminal of 24 lines by 80 columns. */
export function inTerminal(args: readonly string[], signal: AbortSignal): InTerminal {
  const words = [process.execPath, commandLine, ...args].map((word) => `'${word}'`)
  const line = `stty rows 24 cols 80; exec ${words.join(' ')}`
  const { CI: _, ...env } = process.env
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...env, TERM: 'xterm-256color' },
  })
  const ended = once(child, 'close')
  let shown = ''
  let look: (() => void) | undefined
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    look?.()
  })
  const abort = (): void => void child.kill('SIGKILL')
  signal.addEventListener('abort', abort, { once: true })
  return {
    type: (keys) => void child.stdin.write(keys),
    until: async (what) =>
      new Promise((resolve, reject) => {
        const fail = (): void => reject(new Error(`${String(what)} was not shown: ${shown.slice(-500)}`))
        const limit = setTimeout(fail, patienceMs)
        look = () => {
          const found = what.exec(shown)
          if (!found) return
          shown = shown.slice(found.index + found[0].length)
          clearTimeout(limit)
          look = undefined
          resolve(found)
        }
        void ended.then(fail)
        look()
      }),
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', abort)
      child.kill('SIGKILL')
      await ended
    },
  }
}
