import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import { launch, type MomentMessage } from 'fledge'

import type { Crowd, Figures } from '../figures.ts'
import { restoreAtOnce } from '../floor.ts'
import { frozenMachine, machinePids } from '../frozen-machine.ts'
import type { Subject } from '../subject.ts'
import { summarize } from '../times.ts'

const crowds = [1, 4, 16] as const
/** How often each crowd is started: its times vary more than those of one clone. */
const rounds = 3
/** What a clone needs to become idle again. */
const restMs = 3_000

/** Starts some clones at once, until all have answered, and in turns with them as many of the same frozen state without fledge. */
export async function parallel(subject: Subject): Promise<Pick<Figures, 'parallel'>> {
  const frozen = await frozenMachine(subject.image, subject.signal)
  const found: Record<string, Crowd> = {}
  for (const size of crowds) {
    const turns: Crowd[] = []
    for (let turn = 0; turn < Math.min(rounds, subject.clones); turn++) {
      subject.update(`${size} at once`)
      const clones = await crowd(subject, size)
      turns.push({ ...clones, leastAnsweredMs: await restoreAtOnce(frozen, size) })
    }
    found[size] = middle(turns)
  }
  return { parallel: found }
}

async function crowd({ image, signal }: Subject, size: number): Promise<Omit<Crowd, 'leastAnsweredMs'>> {
  const start = performance.now()
  let lastAnswer = start
  const listen = (message: unknown): void => {
    const { moment, atMs } = message as MomentMessage
    if (moment === 'answered') lastAnswer = atMs
  }
  subscribe('fledge:moment', listen)
  const launches = Array.from({ length: size }, () => launch(image, { signal }))
  try {
    await Promise.all(launches)
    const [allAnsweredMs, allReadyMs] = [lastAnswer - start, performance.now() - start]
    await sleep(restMs, undefined, { signal })
    const memory = await Promise.all((await machinePids()).map(memoryOf))
    const mean = (of: 'privateMiB' | 'sharedMiB'): number =>
      memory.reduce((sum, each) => sum + each[of], 0) / memory.length
    return { allAnsweredMs, allReadyMs, privateMiB: mean('privateMiB'), sharedMiB: mean('sharedMiB') }
  } finally {
    unsubscribe('fledge:moment', listen)
    const launched = await Promise.allSettled(launches)
    await Promise.all(launched.flatMap((each) => (each.status === 'fulfilled' ? [each.value.stop()] : [])))
  }
}

/** Each figure's median. */
function middle(turns: readonly Crowd[]): Crowd {
  const of = (name: keyof Crowd): number => summarize(turns.map((turn) => turn[name])).medianMs
  return {
    allAnsweredMs: of('allAnsweredMs'),
    allReadyMs: of('allReadyMs'),
    leastAnsweredMs: of('leastAnsweredMs'),
    privateMiB: of('privateMiB'),
    sharedMiB: of('sharedMiB'),
  }
}

/** By the kernel's account of a process: https://docs.kernel.org/filesystems/proc.html, `smaps_rollup`. */
async function memoryOf(pid: number): Promise<Pick<Crowd, 'privateMiB' | 'sharedMiB'>> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  const mebibytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024
  // Clean pages are of files; the kernel can drop them, and the next clone finds them in its cache.
  return {
    privateMiB: mebibytes('Private_Dirty'),
    sharedMiB: mebibytes('Shared_Clean') + mebibytes('Private_Clean'),
  }
}
