import { setTimeout as sleep } from 'node:timers/promises'

import { factorFromEnvironment } from '../../util/time-factor.ts'
import { HttpClient } from '../http-client.ts'
import { backOffMs } from './back-off.ts'
import { type Digests, mismatch } from './digests.ts'
import { DownloadError, type Refusal } from './download-error.ts'
import type { PartFile } from './part-file.ts'
import { transfer, type Transfer } from './transfer.ts'

/** A server may say nothing for so long. */
const stallMs = 30_000
/** So many tries one after the other may fail. */
const mostFailures = 5
/** A try that brought so much has not failed. */
const goodTry = 2 ** 20

/** A file, and where it is. */
export interface FetchTask {
  /** All places, in the order in which they are tried. */
  readonly urls: readonly string[]
  readonly pins: Digests
  readonly bytes?: number | undefined
  readonly part: PartFile
  readonly signal: AbortSignal
  readonly update: (detail: string) => void
  readonly onProgress: Transfer['onProgress']
}

/**
 * Brings the rest of a part, from the first place that has the right one, and gives its digests.
 *
 * @throws DownloadError with what each place said
 */
export async function fetchFile(task: FetchTask): Promise<Digests> {
  const { part, urls } = task
  const there = await whatIsThere(task)
  if (there) return there
  if (part.size >= (task.bytes ?? Number.POSITIVE_INFINITY)) await part.restart()
  await using client = new HttpClient(stallMs * factorFromEnvironment())
  const refusals: Refusal[] = []
  for (const url of urls) {
    const outcome = await fromOne(task, client, url)
    if (!('why' in outcome)) return outcome
    refusals.push(outcome)
    // Another place is not to be blamed for what this one sent.
    if (outcome.wrong) await part.restart()
  }
  throw new DownloadError(refusals)
}

/** The digests of a part that is whole already: brought by hand, or by a process that was ended right after. */
export async function whatIsThere({ part, pins, bytes }: FetchTask): Promise<Digests | undefined> {
  if (part.size === 0) return undefined
  const origin = await part.origin()
  const whole = bytes ?? origin?.total
  // Where no size is known, what nobody began to download was brought by hand.
  const isWhole = whole === undefined ? isPinned(pins) || origin === undefined : part.size === whole
  if (!isWhole) return undefined
  const found = await part.digests()
  return mismatch(pins, found) === undefined ? found : undefined
}

function isPinned(pins: Digests): boolean {
  return Object.keys(pins).length > 0
}

async function fromOne(task: FetchTask, client: HttpClient, url: string): Promise<Digests | Refusal> {
  const { part, pins, bytes, signal, update, onProgress } = task
  const pinned = isPinned(pins)
  const factor = factorFromEnvironment()
  let failures = 0
  let startedOver = false
  for (;;) {
    const before = part.size
    const outcome = await transfer({ url, part, bytes, pinned, client, signal, onProgress })
    if (outcome.end === 'refused') return { url, why: outcome.why, gone: outcome.gone, wrong: false }
    if (outcome.end === 'whole') {
      const found = await part.digests()
      const wrong = mismatch(pins, found)
      if (wrong === undefined) return found
      const why = `its ${wrong} is ${found[wrong]}, and ${pins[wrong]} is expected`
      // What was there before may be what is wrong.
      if (before === 0 || startedOver) return { url, why, gone: false, wrong: true }
    }
    if (outcome.end !== 'broke-off') {
      if (startedOver) return { url, why: 'it cannot go on where it broke off', gone: false, wrong: false }
      startedOver = true
      await part.restart()
      continue
    }
    failures = part.size - before >= goodTry ? 1 : failures + 1
    const waitMs = backOffMs(failures, { factor, retryAfterMs: outcome.retryAfterMs })
    if (failures >= mostFailures || waitMs === undefined) {
      const patience =
        waitMs === undefined ? ', and wants to be left alone for longer than is waited here' : ''
      return { url, why: `${outcome.why}${patience}`, gone: false, wrong: false }
    }
    update(`${outcome.why}: trying again`)
    await sleep(waitMs, undefined, { signal })
  }
}
