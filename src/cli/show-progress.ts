import { subscribe, unsubscribe } from 'node:diagnostics_channel'

import type { NoticeMessage, ProgressMessage } from '../index.ts'
import { StepLines } from './step-lines.ts'
import { StepTurns } from './step-turns.ts'
import { visible } from '../interactive/visible.ts'

/** Shows steps as they go. */
export interface StepView {
  take(message: ProgressMessage): void
  /** Prints a line that stays. */
  say(line: string): void
  close(): void
}

/** What {@link showProgress} gives. */
export interface ShownProgress extends Disposable {
  say(line: string): void
}

/** Shows the steps and the notices of the library, until it is disposed of: live on a terminal, else line by line. */
export function showProgress(stream: NodeJS.WriteStream): ShownProgress {
  const live = stream.isTTY && process.env['TERM'] !== 'dumb' && !process.env['CI']
  const view: StepView = live ? new StepLines(stream) : new StepTurns(stream)
  const onProgress = (message: unknown): void => view.take(message as ProgressMessage)
  const notices = tellNotices((line) => view.say(line))
  subscribe('fledge:progress', onProgress)
  return {
    say: (line) => view.say(line),
    [Symbol.dispose]() {
      unsubscribe('fledge:progress', onProgress)
      notices[Symbol.dispose]()
      view.close()
    },
  }
}

/** Shows the notices of the library as lines, for a command that has no progress to show. */
export function showNotices(stream: NodeJS.WriteStream): Disposable {
  return tellNotices((line) => stream.write(`${line}\n`))
}

function tellNotices(say: (line: string) => unknown): Disposable {
  const onNotice = (message: unknown): void => {
    const { message: text, hint } = message as NoticeMessage
    say(`fledge: ${visible(text)}${hint === undefined ? '' : `\n  ${visible(hint)}`}`)
  }
  subscribe('fledge:notice', onNotice)
  return { [Symbol.dispose]: () => unsubscribe('fledge:notice', onNotice) }
}
