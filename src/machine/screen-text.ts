import type { FledgeError } from '../errors.ts'
import { findText, type ScreenMatch } from '../screen/find-text.ts'
import { holdEngine, readText, type ScreenText } from '../screen/read-text.ts'
import { checkOptions, checkValue, type OptionCheck } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { lookAtScreen } from './look-at-screen.ts'
import { retry } from './retry.ts'
import { runVerb, type RunningVerb, type VerbContext } from './verb.ts'

/** As in the NixOS test driver's waits: 15 minutes. */
const defaultTimeoutMs = 900_000

/** What can be looked for on a screen. */
export const textPattern: OptionCheck = (value) =>
  value instanceof RegExp || (typeof value === 'string' && value.trim() !== '')
    ? undefined
    : 'a regular expression, or a text that is not empty'

/** Recognises the text on the screen. */
export async function getScreenText(context: VerbContext, options: CallOptions): Promise<ScreenText> {
  checkOptions('getScreenText', options, callChecks)
  const naming = {
    verb: 'getScreenText',
    detail: '',
    evenAfter: ({ code }: FledgeError) => code === 'ERR_FLEDGE_GUEST_PANIC',
    defaultTimeoutMs: 60_000,
    ...bounds(options),
  }
  return runVerb(context, naming, async ({ signal }) => {
    using _ready = holdEngine()
    return await readText(await lookAtScreen(context.owned, signal), signal)
  })
}

/** Waits until a text is on the screen. */
export async function waitForText(
  context: VerbContext,
  wanted: string | RegExp,
  options: CallOptions,
): Promise<ScreenMatch> {
  checkValue('waitForText', 'pattern', wanted, textPattern)
  checkOptions('waitForText', options, callChecks)
  const naming = { verb: 'waitForText', detail: String(wanted), defaultTimeoutMs, ...bounds(options) }
  return runVerb(context, naming, (running) => findOnScreen(context, wanted, running))
}

/** Reads the screen again and again until the text is there. */
export async function findOnScreen(
  context: VerbContext,
  wanted: string | RegExp,
  { signal, saw }: RunningVerb,
): Promise<ScreenMatch> {
  using _ready = holdEngine()
  saw('no text yet: the first picture was not read to its end')
  return await retry(signal, async () => {
    const screen = await readText(await lookAtScreen(context.owned, signal), signal)
    saw(screen.text === '' ? 'no text on the screen' : `the screen's text\n${screen.text}`)
    return findText(screen, wanted)
  })
}
