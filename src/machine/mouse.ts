import type { ScreenMatch } from '../screen/find-text.ts'
import {
  checkOptions,
  checkValue,
  milliseconds,
  oneOf,
  wholeNumber,
  type OptionChecks,
} from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import type { QmpInputEvent } from '../qemu/qmp-types.ts'
import { eventsAt, pause, readyPointer } from './pointer.ts'
import { findOnScreen, textPattern } from './screen-text.ts'
import { runVerb, type RunningVerb, type VerbContext } from './verb.ts'

/** How a click is made. */
export interface ClickOptions extends CallOptions {
  /** Default: `left`. */
  readonly button?: 'left' | 'middle' | 'right'
  /** 2 for a double click. Default: 1. */
  readonly count?: number
  /** Milliseconds that the button is down, and that pass before it goes down and after it came up. Default: 50. */
  readonly delayMs?: number
}

const clickChecks: OptionChecks<ClickOptions> = {
  ...callChecks,
  button: oneOf('left', 'middle', 'right'),
  count: wholeNumber(1, 3),
  delayMs: milliseconds,
}
/** As large as a screen gets. */
const place = wholeNumber(0, 32_767)
const defaultTimeoutMs = 30_000

/**
 * A pointer on the screen; places are pixels of the screen from its upper left. It is plugged into the machine when it is first used, and
 * each verb waits until something in the guest, as a display server, reads it.
 */
export class Mouse {
  readonly #context: VerbContext

  /** Use {@link Machine.mouse}. */
  constructor(context: VerbContext) {
    this.#context = context
  }

  /**
   * Moves the pointer to a place on the screen.
   *
   * @throws GuestError `ERR_FLEDGE_TIMEOUT` when nothing in the guest reads the pointer
   *
   * @example
   * await vm.mouse.move(640, 400)
   */
  async move(x: number, y: number, options: CallOptions = {}): Promise<void> {
    checkPlace('mouse.move', x, y)
    checkOptions('mouse.move', options, callChecks)
    const naming = { verb: 'mouse.move', detail: `${x}, ${y}`, defaultTimeoutMs, ...bounds(options) }
    await runVerb(this.#context, naming, (running) => moveTo(this.#context, x, y, running))
  }

  /**
   * Moves the pointer to a place on the screen, and clicks there.
   *
   * @example
   * await vm.mouse.click(640, 400, { button: 'right' })
   */
  async click(x: number, y: number, options: ClickOptions = {}): Promise<void> {
    checkPlace('mouse.click', x, y)
    checkOptions('mouse.click', options, clickChecks)
    const naming = { verb: 'mouse.click', detail: `${x}, ${y}`, defaultTimeoutMs, ...bounds(options) }
    await runVerb(this.#context, naming, (running) => clickAt(this.#context, x, y, options, running))
  }
}

/** Waits until a text is on the screen, and clicks in its middle. */
export async function clickText(
  context: VerbContext,
  wanted: string | RegExp,
  options: ClickOptions,
): Promise<ScreenMatch> {
  checkValue('clickText', 'pattern', wanted, textPattern)
  checkOptions('clickText', options, clickChecks)
  const naming = { verb: 'clickText', detail: String(wanted), defaultTimeoutMs: 900_000, ...bounds(options) }
  return runVerb(context, naming, async (running) => {
    const match = await findOnScreen(context, wanted, running)
    const { x, y, width, height } = match.box
    await clickAt(context, Math.floor(x + width / 2), Math.floor(y + height / 2), options, running)
    return match
  })
}

function checkPlace(verb: string, x: number, y: number): void {
  checkValue(verb, 'x', x, place)
  checkValue(verb, 'y', y, place)
}

async function moveTo(context: VerbContext, x: number, y: number, running: RunningVerb): Promise<void> {
  await readyPointer(context, running)
  const events = await eventsAt(context, x, y, running.signal)
  await context.owned.qmp.run('input-send-event', { events }, { signal: running.signal })
}

/** What went down comes up again, even when the verb is ended meanwhile. */
async function clickAt(
  context: VerbContext,
  x: number,
  y: number,
  { button = 'left', count = 1, delayMs = 50 }: ClickOptions,
  running: RunningVerb,
): Promise<void> {
  const { signal } = running
  await moveTo(context, x, y, running)
  for (let click = 0; click < count; click++) {
    await pause(delayMs, signal)
    const press = (down: boolean): readonly QmpInputEvent[] => [{ type: 'btn', data: { down, button } }]
    try {
      await context.owned.qmp.run('input-send-event', { events: press(true) }, { signal })
      await pause(delayMs, signal)
    } finally {
      await context.owned.qmp.run('input-send-event', { events: press(false) }, { timeoutMs: 5_000 })
    }
  }
  await pause(delayMs, signal)
}
