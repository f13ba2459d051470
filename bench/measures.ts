import { launch, measureBoot, type BootTimes } from 'fledge'

/** Some times of the same thing, in milliseconds. */
export interface Times {
  readonly medianMs: number
  readonly p95Ms: number
  readonly count: number
}

/** Boots the image to idle once. */
export async function coldBoot(image: string, signal: AbortSignal): Promise<BootTimes> {
  return measureBoot(image, { signal })
}

/** Clones the image again and again: from `launch` to the agent's first answer, and on to the exit status of `true`. */
export async function clone(
  image: string,
  count: number,
  signal: AbortSignal,
): Promise<{ answer: Times; exitStatus: Times }> {
  const answers: number[] = []
  const statuses: number[] = []
  for (let turn = 0; turn < count; turn++) {
    const start = performance.now()
    await using vm = await launch(image, { signal })
    answers.push(performance.now() - start)
    await vm.succeed(['true'])
    statuses.push(performance.now() - start)
  }
  return { answer: summarize(answers), exitStatus: summarize(statuses) }
}

/** The middle of some times, and the one that 95 % of them do not pass. */
export function summarize(times: readonly number[]): Times {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { medianMs: at(0.5), p95Ms: at(0.95), count: sorted.length }
}
