import type { ProgressMessage } from '../index.ts'
import { formatDuration } from './format-duration.ts'
import type { StepView } from './show-progress.ts'
import { shortStepMs } from './step-turns.ts'
import { visibleLine } from '../interactive/visible.ts'

const refreshMs = 200

interface Step {
  readonly title: string
  readonly start: number
  detail: string
}

/** Keeps one line for each running step at the bottom of a terminal, and leaves one for each that took its time. */
export class StepLines implements StepView {
  readonly #stream: NodeJS.WriteStream
  readonly #steps = new Map<number, Step>()
  #timer: NodeJS.Timeout | undefined
  #drawn = 0

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  take({ id, state, title, detail, elapsedMs }: ProgressMessage): void {
    if (state === 'start') this.#steps.set(id, { title, start: performance.now(), detail: '' })
    const step = this.#steps.get(id)
    if (step && state === 'update') step.detail = detail ?? ''
    if (state === 'end' || state === 'fail') this.#steps.delete(id)
    if (state === 'end' && elapsedMs >= shortStepMs) {
      this.say(`fledge: ${visibleLine(title)} took ${formatDuration(elapsedMs)}`)
    }
    this.#schedule()
  }

  say(line: string): void {
    this.#erase()
    this.#stream.write(`${line}\n`)
    this.#draw()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#erase()
    this.#steps.clear()
  }

  #schedule(): void {
    if (this.#steps.size > 0) this.#timer ??= setInterval(() => this.#draw(), refreshMs).unref()
    else this.close()
  }

  #draw(): void {
    this.#erase()
    const now = performance.now()
    const shown = [...this.#steps.values()].filter(({ start }) => now - start >= shortStepMs)
    for (const { title, detail, start } of shown) {
      const text = `fledge: ${title}${detail === '' ? '' : `: ${detail}`}`
      const time = `  ${formatDuration(now - start)}`
      const room = Math.max(10, (this.#stream.columns || 80) - 1 - time.length)
      this.#stream.write(`${visibleLine(text).slice(0, room)}${time}\n`)
    }
    this.#drawn = shown.length
  }

  #erase(): void {
    if (this.#drawn > 0) this.#stream.write(`\u001b[${this.#drawn}A\r\u001b[J`)
    this.#drawn = 0
  }
}
