import { subscribe } from 'node:diagnostics_channel'

import type { NoticeMessage, ProgressMessage } from '../index.ts'
import { say, sayOnce } from './say-once.ts'

/** How often a long turn of a step is told anew. */
const againMs = 15_000

let outputFolder: string | undefined

/**
 * From the first call on, this worker tells what takes its time, as the building of an image, one line a turn, and what
 * the user should know, once in a run. A worker has no terminal of its own, so nothing is written over.
 */
export function tellProgress(folder: string): void {
  if (outputFolder === undefined) {
    const lines = new ProgressLines()
    subscribe('fledge:progress', (message) => {
      const line = lines.next(message as ProgressMessage)
      if (line !== undefined) say(line)
    })
    subscribe('fledge:notice', (message) => {
      const { message: text, hint } = message as NoticeMessage
      sayOnce(outputFolder ?? '.', hint === undefined ? text : `${text}\n        ${hint}`)
    })
  }
  outputFolder = folder
}

/** Decides which of many messages are worth a line. */
export class ProgressLines {
  readonly #told = new Map<number, { readonly turn: string; readonly elapsedMs: number }>()

  /** The line to write for a message, if any: a new turn, or the old one after a while. */
  next({ id, state, title, detail = '', elapsedMs }: ProgressMessage): string | undefined {
    const seconds = `${Math.round(elapsedMs / 1_000)} s`
    if (state === 'end' || state === 'fail') {
      this.#told.delete(id)
      return `${title}: ${state === 'end' ? 'done' : 'failed'} after ${seconds}`
    }
    // What begins at once is said by the title.
    if (state === 'update' && elapsedMs < 1_000) return undefined
    // A count behind the comma is no new turn: "unpacking packages, 12".
    const turn = detail.split(',', 1)[0] ?? ''
    const told = this.#told.get(id)
    if (told && told.turn === turn && elapsedMs - told.elapsedMs < againMs) return undefined
    this.#told.set(id, { turn, elapsedMs })
    return state === 'start' ? `${title} …` : `${title}: ${detail} (${seconds})`
  }
}
