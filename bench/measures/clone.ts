import { subscribe, unsubscribe } from 'node:diagnostics_channel'

import { launch, type MomentMessage } from 'fledge'

import type { Figures } from '../figures.ts'
import { restoreOnce } from '../floor.ts'
import { frozenMachine } from '../frozen-machine.ts'
import type { Subject } from '../subject.ts'
import { summarize, type Times } from '../times.ts'

/**
 * Clones the image again and again, to the agent's first answer and on to the exit status of `true`, and restores the same
 * frozen state without fledge in between.
 */
export async function cloneAndFloor(subject: Subject): Promise<Pick<Figures, 'clone' | 'floor'>> {
  const { image, clones, signal, update } = subject
  const frozen = await frozenMachine(image, signal)
  const moments = new Map<string, number[]>()
  const floor = { answer: [] as number[], exitStatus: [] as number[] }
  for (let turn = 1; turn <= clones; turn++) {
    signal.throwIfAborted()
    update(`turn ${turn} of ${clones}`)
    for (const [moment, atMs] of await cloneOnce(image, signal)) {
      moments.set(moment, [...(moments.get(moment) ?? []), atMs])
    }
    for (const goal of ['answer', 'exitStatus'] as const) floor[goal].push(await restoreOnce(frozen, goal))
  }
  const times = Object.fromEntries([...moments].map(([moment, all]) => [moment, summarize(all)]))
  const { answered, ready, exitStatus } = times
  if (!answered || !ready || !exitStatus) throw new Error('Cannot tell when the clones answered')
  return {
    clone: { answer: answered, ready, exitStatus, moments: inOrder(times) },
    floor: { answer: summarize(floor.answer), exitStatus: summarize(floor.exitStatus) },
  }
}

/** When one clone came to each of its moments, in milliseconds from the call of `launch`. */
async function cloneOnce(image: string, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const seen = new Map<string, number>()
  const start = performance.now()
  const note = (moment: string, atMs = performance.now()): void => void seen.set(moment, atMs - start)
  const listen = (message: unknown): void => {
    const { moment, atMs } = message as MomentMessage
    note(moment, atMs)
  }
  subscribe('fledge:moment', listen)
  try {
    await using vm = await launch(image, { signal })
    note('ready')
    await vm.succeed(['true'])
    note('exitStatus')
    return seen
  } finally {
    unsubscribe('fledge:moment', listen)
  }
}

function inOrder(times: Readonly<Record<string, Times>>): Record<string, Times> {
  return Object.fromEntries(Object.entries(times).toSorted(([, a], [, b]) => a.medianMs - b.medianMs))
}
