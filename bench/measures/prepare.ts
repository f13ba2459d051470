import { subscribe, unsubscribe } from 'node:diagnostics_channel'

import { launch, measurePreparation, type MomentMessage } from 'fledge'

import type { Figures } from '../figures.ts'
import type { Subject } from '../subject.ts'
import { summarize } from '../times.ts'

/** What clones of a prepared disk are set beside. */
const besides = 'debian:12-minimal'
/** How often a disk is prepared: each round takes minutes when emulated. */
const rounds = 3

/**
 * Prepares a disk, and boots it as it is, in turns; then clones it in turns with an image from packages, until each answers.
 *
 * @returns nothing for an image from packages: it is not prepared by booting it
 */
export async function preparation({
  image,
  clones,
  signal,
  update,
}: Subject): Promise<Pick<Figures, 'prepare'>> {
  const found = { prepared: [] as number[], stock: [] as number[] }
  for (let turn = 1; turn <= Math.min(rounds, clones); turn++) {
    update(`first boots, turn ${turn}`)
    const times = await measurePreparation(image, { signal })
    if (!times) return {}
    found.prepared.push(times.prepared)
    found.stock.push(times.stock)
  }
  const answers = { clone: [] as number[], minimal: [] as number[] }
  // The first of each bakes its template.
  for (const name of [image, besides]) await answerOf(name, signal)
  for (let turn = 1; turn <= clones; turn++) {
    update(`clones, turn ${turn} of ${clones}`)
    answers.clone.push(await answerOf(image, signal))
    answers.minimal.push(await answerOf(besides, signal))
  }
  return {
    prepare: {
      prepared: summarize(found.prepared),
      stock: summarize(found.stock),
      clone: summarize(answers.clone),
      minimal: summarize(answers.minimal),
    },
  }
}

/** Milliseconds from the call of `launch` until the clone first answers. */
async function answerOf(image: string, signal: AbortSignal): Promise<number> {
  let answered: number | undefined
  const listen = (message: unknown): void => {
    const { moment, atMs } = message as MomentMessage
    if (moment === 'answered') answered = atMs
  }
  subscribe('fledge:moment', listen)
  try {
    const start = performance.now()
    await using _ = await launch(image, { signal })
    if (answered === undefined) throw new Error('Cannot tell when the clone answered')
    return answered - start
  } finally {
    unsubscribe('fledge:moment', listen)
  }
}
