import type { ProgressMessage } from '../index.ts'
import { formatDuration } from './format-duration.ts'
import type { StepView } from './show-progress.ts'
import { visible } from '../interactive/visible.ts'

/** Steps that take less are nobody's concern. */
export const shortStepMs = 500

/** Prints a line at each turn of a step, for logs: not for each of a thousand packages. */
export class StepTurns implements StepView {
  readonly #stream: NodeJS.WritableStream
  readonly #steps = new Map<number, { said: string; detail: string; timer: NodeJS.Timeout }>()

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
  }

  take({ id, state, title, detail, elapsedMs }: ProgressMessage): void {
    if (state === 'start') {
      const timer = setTimeout(() => this.#turn(id, title), shortStepMs).unref()
      this.#steps.set(id, { said: '', detail: '', timer })
      return
    }
    const step = this.#steps.get(id)
    if (!step) return
    if (state === 'update') {
      step.detail = detail ?? ''
      if (step.said !== '') this.#turn(id, title)
      return
    }
    clearTimeout(step.timer)
    this.#steps.delete(id)
    if (step.said === '') return
    this.say(`${title}: ${state === 'end' ? 'done' : 'failed'} after ${formatDuration(elapsedMs)}`)
  }

  say(line: string): void {
    this.#stream.write(`${line.startsWith('fledge: ') ? '' : 'fledge: '}${line}\n`)
  }

  close(): void {
    for (const { timer } of this.#steps.values()) clearTimeout(timer)
    this.#steps.clear()
  }

  #turn(id: number, title: string): void {
    const step = this.#steps.get(id)
    // Counts and sizes go up within one turn.
    const detail = step?.detail.replace(/, [\d.]+ (?:%|MiB).*$|,? \d+(?: of \d+)?$/, '')
    const turn = `${title}${detail ? `: ${detail}` : ''}`
    if (!step || step.said === turn) return
    step.said = turn
    this.say(visible(turn))
  }
}
