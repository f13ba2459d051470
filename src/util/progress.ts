import { channel } from 'node:diagnostics_channel'

import { checkValue, text } from './check-options.ts'

/** One message of a long step, on the diagnostics channel `fledge:progress`. */
export interface ProgressMessage {
  /** The same for all messages of one step. */
  readonly id: number
  readonly state: 'start' | 'update' | 'end' | 'fail'
  /** What is done, as in `building debian:13-minimal`. */
  readonly title: string
  /** Where it stands, as in `unpacking`. */
  readonly detail?: string
  /** Since the start of the step. */
  readonly elapsedMs: number
}

const progress = channel('fledge:progress')
let last = 0

/**
 * Runs one long step and tells the diagnostics channel of its start, its turns and its end: `fledge test` and the rest of
 * the command line show it.
 *
 * @example
 * await step('compiling the daemon', async (update) => build({ onTarget: update }))
 */
export async function step<T>(
  title: string,
  work: (update: (detail: string) => void) => Promise<T>,
): Promise<T> {
  checkValue('step', 'title', title, text)
  checkValue('step', 'work', work, (value) => (typeof value === 'function' ? undefined : 'a function'))
  const id = ++last
  const start = performance.now()
  const publish = (state: ProgressMessage['state'], detail?: string): void => {
    const elapsedMs = performance.now() - start
    progress.publish({
      id,
      state,
      title,
      elapsedMs,
      ...(detail === undefined ? {} : { detail }),
    } satisfies ProgressMessage)
  }
  publish('start')
  try {
    const result = await work((detail) => publish('update', detail))
    publish('end')
    return result
  } catch (error) {
    publish('fail')
    throw error
  }
}
