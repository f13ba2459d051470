import { access, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect as base, test } from '@playwright/test'

import { FledgeError, quietly, type Machine, type ScreenshotOptions } from '../../index.ts'
import { checkOptions, checkValue, screenshotChecks, text } from './checks.ts'
import type { MatcherResult, MatcherState } from './look-until.ts'

/** Under KVM, in milliseconds; ten times that when emulated. */
const defaultTimeoutMs = 5_000
/** How long a picture has to stay as it is to be written as the one to compare with: longer than a cursor blinks. */
const restMs = 700

/**
 * That the screen comes to look as a snapshot does, which lies where Playwright has those of `toMatchSnapshot`. A snapshot that is missing
 * is written, and with `--update-snapshots` it is written anew; on failure the wanted picture, the screen and their difference are attached.
 */
export async function toMatchScreenshot(
  this: MatcherState,
  vm: Machine,
  name: string,
  options: ScreenshotOptions = {},
): Promise<MatcherResult> {
  checkValue('toMatchScreenshot', 'name', name, text)
  checkOptions('toMatchScreenshot', options, screenshotChecks)
  const {
    timeoutMs = defaultTimeoutMs * vm.timeFactor,
    signal,
    maxDiffPixelRatio = 0,
    threshold = 0.1,
  } = options
  const closeness = { maxDiffPixelRatio, threshold }
  const until = performance.now() + timeoutMs
  const isLate = (): boolean => performance.now() > until
  const ending = signal ? { signal } : {}
  const verdict = async (picture: Buffer): Promise<string | undefined> =>
    compare(picture, name, closeness, this.isNot)
  return quietly(async () => {
    let failure: string | undefined
    if (this.isNot) {
      do failure = await verdict(await vm.screenshot(ending))
      while (failure !== undefined && !isLate() && (await sleep(100, true, ending)))
    } else {
      const snapshot = await snapshotToMatch(name)
      const same = snapshot && (await comesToLookAs(vm, snapshot, { ...closeness, ...ending, timeoutMs }))
      if (!same)
        failure = await verdict(snapshot ? await vm.screenshot(ending) : await atRest(vm, isLate, ending))
    }
    const message = (): string =>
      [
        `expect(vm)${this.isNot ? '.not' : ''}.toMatchScreenshot(${JSON.stringify(name)})`,
        '',
        `Machine: ${vm.name}`,
        failure,
      ].join('\n')
    return {
      pass: (failure === undefined) !== this.isNot,
      name: 'toMatchScreenshot',
      expected: name,
      actual: 'the screen',
      message,
    }
  })
}

/** The snapshot, unless there is none or it is to be written anew. */
async function snapshotToMatch(name: string): Promise<Buffer | undefined> {
  const info = test.info()
  if (info.config.updateSnapshots === 'all') return undefined
  const path = info.snapshotPath(name)
  const exists = await access(path).then(
    () => true,
    () => false,
  )
  return exists ? readFile(path) : undefined
}

async function comesToLookAs(vm: Machine, picture: Buffer, options: ScreenshotOptions): Promise<boolean> {
  return vm.waitForScreenshot(picture, options).then(
    () => true,
    (error: unknown) => {
      if (error instanceof FledgeError && error.code === 'ERR_FLEDGE_TIMEOUT') return false
      throw error
    },
  )
}

/** The picture once it does not change any more, or the last one. */
async function atRest(
  vm: Machine,
  isLate: () => boolean,
  ending: { readonly signal?: AbortSignal },
): Promise<Buffer> {
  for (let last = await vm.screenshot(ending); ;) {
    await sleep(restMs, undefined, ending)
    const next = await vm.screenshot(ending)
    if (next.equals(last) || isLate()) return next
    last = next
  }
}

/** What Playwright says against a picture; it writes snapshots and attaches what differs. */
function compare(
  picture: Buffer,
  name: string,
  closeness: { readonly maxDiffPixelRatio: number; readonly threshold: number },
  isNot: boolean,
): string | undefined {
  try {
    if (isNot) base(picture).not.toMatchSnapshot(name, closeness)
    else base(picture).toMatchSnapshot(name, closeness)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
