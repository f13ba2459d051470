import { AsyncLocalStorage } from 'node:async_hooks'

import type { TestInfo } from '@playwright/test'

import type { VerbOutcome } from './verb-outcome.ts'

/** A verb or a subtest of a test. */
export interface Step {
  readonly id: number
  /** The subtest that it is part of. */
  readonly parent?: Step
  /** The machine that was asked; a subtest has none. */
  readonly machine?: string
  /** In one line. */
  readonly title: string
  /** All of it. */
  readonly text: string
  /** Milliseconds since 1970 on the host's clock. */
  readonly startMs: number
  endMs?: number
  state: 'running' | 'passed' | 'failed'
  outcome?: VerbOutcome
}

/** Called when a subtest begins, and when a verb or a subtest ends. */
export type StepListener = (step: Step) => void

const logs = new WeakMap<TestInfo, StepLog>()
const within = new AsyncLocalStorage<Step>()

/** What was done in one test, as a tree in the order of its beginnings. */
export class StepLog {
  readonly steps: Step[] = []
  #listener: StepListener | undefined

  /** The log of a test, made when it is first asked for. */
  static of(testInfo: TestInfo): StepLog {
    const log = logs.get(testInfo) ?? new StepLog()
    logs.set(testInfo, log)
    return log
  }

  /** Tells one listener of each step from now on. */
  listen(listener: StepListener): void {
    this.#listener = listener
  }

  /** Runs a step; what it runs itself is its child. `conclude` sees how it ended, before anyone else does. */
  async run<T>(
    begun: Pick<Step, 'title' | 'text' | 'machine'>,
    body: () => Promise<T>,
    conclude: (step: Step, settled: { result?: T; error?: unknown }) => void = () => {},
  ): Promise<T> {
    const parent = within.getStore()
    const step: Step = {
      ...begun,
      id: this.steps.length,
      ...(parent ? { parent } : {}),
      startMs: wallClock(),
      state: 'running',
    }
    this.steps.push(step)
    if (step.machine === undefined) this.#listener?.(step)
    try {
      const result = await within.run(step, body)
      step.state = 'passed'
      conclude(step, { result })
      return result
    } catch (error) {
      step.state = 'failed'
      conclude(step, { error })
      throw error
    } finally {
      step.endMs = wallClock()
      this.#listener?.(step)
    }
  }
}

/** How deep in the tree a step is; at the top it is 0. */
export function depthOf({ parent }: Step): number {
  return parent ? depthOf(parent) + 1 : 0
}

/** Milliseconds since 1970, which a change of the host's clock does not move. */
function wallClock(): number {
  return performance.timeOrigin + performance.now()
}
