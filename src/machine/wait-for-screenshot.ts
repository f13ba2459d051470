import { readFile } from 'node:fs/promises'

import { MisuseError } from '../errors.ts'
import { decodePng, differingPixels, type Reference } from '../screen/compare-pictures.ts'
import { checkOptions, checkValue, type OptionCheck, type OptionChecks } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { lookAtScreen } from './look-at-screen.ts'
import { retry } from './retry.ts'
import { runVerb, type VerbContext } from './verb.ts'

/** How far the screen may be from the picture. */
export interface ScreenshotOptions extends CallOptions {
  /** The share of pixels that may differ, from 0 to 1. Default: 0. */
  readonly maxDiffPixelRatio?: number
  /** How far a colour may be off and pass as the same, from 0 to 1 (black and white). Default: 0.1. */
  readonly threshold?: number
}

const share: OptionCheck = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'a number from 0 to 1'
/** What {@link ScreenshotOptions} have to be. */
export const screenshotChecks: OptionChecks<ScreenshotOptions> = {
  ...callChecks,
  maxDiffPixelRatio: share,
  threshold: share,
}
const pictureCheck: OptionCheck = (value) =>
  value instanceof Uint8Array || (typeof value === 'string' && value !== '' && !value.includes('\0'))
    ? undefined
    : 'the path of a PNG file, or its bytes'

/** As in the NixOS test driver's waits: 15 minutes. */
const defaultTimeoutMs = 900_000

/** Waits until the screen looks as a picture does. */
export async function waitForScreenshot(
  context: VerbContext,
  picture: string | Uint8Array,
  options: ScreenshotOptions,
): Promise<void> {
  checkValue('waitForScreenshot', 'picture', picture, pictureCheck)
  checkOptions('waitForScreenshot', options, screenshotChecks)
  const { maxDiffPixelRatio = 0, threshold = 0.1 } = options
  const reference = await readReference(picture)
  const size = `${reference.width} × ${reference.height}`
  const detail = typeof picture === 'string' ? picture : `a picture of ${size}`
  const naming = { verb: 'waitForScreenshot', detail, defaultTimeoutMs, ...bounds(options) }
  await runVerb(context, naming, async ({ signal, saw }) =>
    retry(signal, async () => {
      const screen = await lookAtScreen(context.owned, signal)
      if (screen.width !== reference.width || screen.height !== reference.height) {
        saw(`the screen has ${screen.width} × ${screen.height} pixels, and the picture ${size}`)
        return undefined
      }
      const ratio = await differingPixels(screen, reference, threshold)
      saw(`${percent(ratio)} of the pixels differ, and ${percent(maxDiffPixelRatio)} may`)
      return ratio <= maxDiffPixelRatio || undefined
    }),
  )
}

async function readReference(picture: string | Uint8Array): Promise<Reference> {
  const name = typeof picture === 'string' ? `"${picture}"` : 'of these bytes'
  try {
    return await decodePng(typeof picture === 'string' ? await readFile(picture) : Buffer.from(picture))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new MisuseError(
      'ERR_FLEDGE_OPTION',
      `Cannot use picture ${name} of waitForScreenshot: it is no PNG that can be read: ${why}`,
      { cause, hint: 'Make one of a machine: writeFile("login.png", await vm.screenshot())' },
    )
  }
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(2))} %`
}
