import { setTimeout as sleep } from 'node:timers/promises'

import { MisuseError } from '../errors.ts'
import { keyNames } from '../qemu/key-names.ts'
import type { QmpInputEvent } from '../qemu/qmp-types.ts'
import {
  checkOptions,
  checkValue,
  milliseconds,
  oneOf,
  suggest,
  text,
  type OptionChecks,
} from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { chordsFor, type Chord } from './keyboard-layout.ts'
import { keyboardLayouts, type LayoutName } from './keyboard-layouts.ts'
import { runVerb, type RunningVerb, type VerbContext, type VerbOptions } from './verb.ts'

/** How keys are pressed. */
export interface KeyOptions extends CallOptions {
  /** Milliseconds that a key is held, and that pass before the next. Default: 10, and 20 when the machine is emulated. */
  readonly delayMs?: number
}

/** How a text is typed. */
export interface TypeOptions extends KeyOptions {
  /** The keyboard layout of the guest's console or desktop. Default: `us`. */
  readonly layout?: LayoutName
}

const keyChecks: OptionChecks<KeyOptions> = { ...callChecks, delayMs: milliseconds }
const typeChecks: OptionChecks<TypeOptions> = { ...keyChecks, layout: oneOf(...Object.keys(keyboardLayouts)) }

/** The board's own queue has place for sixteen bytes, which is what some four keys take. */
const mostAtOnce = 4

/** What people call keys that QEMU has other names for. */
const otherNames: Readonly<Record<string, string>> = {
  '': 'minus',
  altgr: 'alt_r',
  arrowdown: 'down',
  arrowleft: 'left',
  arrowright: 'right',
  arrowup: 'up',
  del: 'delete',
  enter: 'ret',
  escape: 'esc',
  pagedown: 'pgdn',
  pageup: 'pgup',
  return: 'ret',
  space: 'spc',
  super: 'meta_l',
  win: 'meta_l',
}

/** Presses one key, or several at once. */
export async function sendKey(context: VerbContext, key: string, options: KeyOptions): Promise<void> {
  checkValue('sendKey', 'key', key, text)
  const chord = chordNamed(key)
  checkOptions('sendKey', options, keyChecks)
  await type(context, { verb: 'sendKey', detail: key, ...limits(options, 1) }, [chord], options)
}

/** Types a text, character by character. */
export async function sendChars(context: VerbContext, chars: string, options: TypeOptions): Promise<void> {
  checkValue('sendChars', 'chars', chars, text)
  checkOptions('sendChars', options, typeChecks)
  const { layout = 'us' } = options
  const { chords, missing } = chordsFor(chars, layout)
  if (missing.length > 0) {
    const lacking = missing.map((character) => JSON.stringify(character)).join(', ')
    throw new MisuseError(
      'ERR_FLEDGE_OPTION',
      `Cannot use chars ${JSON.stringify(chars)} of sendChars: the keyboard layout "${layout}" has no ${lacking}`,
      { hint: `Nothing was typed. Layouts: ${Object.keys(keyboardLayouts).join(', ')}` },
    )
  }
  await type(
    context,
    { verb: 'sendChars', detail: chars, ...limits(options, chords.length) },
    chords,
    options,
  )
}

function chordNamed(key: string): Chord {
  const chord = key.split('-')
  const unknown = chord.find((name) => !keyNames.includes(name))
  const because = (reason: string, hint: string): MisuseError =>
    new MisuseError('ERR_FLEDGE_OPTION', `Cannot use key ${JSON.stringify(key)} of sendKey: ${reason}`, {
      hint,
    })
  if (unknown !== undefined) {
    const name = unknown.toLowerCase()
    const known = otherNames[name]
    const hint = known === undefined ? suggest(name, keyNames) : `Did you mean "${known}"?`
    throw because(`there is no key ${JSON.stringify(unknown)}`, `${hint} Text is for sendChars`)
  }
  if (new Set(chord).size < chord.length)
    throw because('it has a key twice', 'Name each key once, as in "ctrl-alt-f2"')
  if (chord.length > mostAtOnce)
    throw because(`it has more than ${mostAtOnce} keys`, 'Press fewer at the same time')
  return chord
}

/** A text may take as long as its keys do. */
function limits(
  options: KeyOptions,
  chords: number,
): Pick<VerbOptions, 'defaultTimeoutMs' | keyof CallOptions> {
  return { defaultTimeoutMs: 30_000 + 2 * chords * (options.delayMs ?? 10), ...bounds(options) }
}

async function type(
  context: VerbContext,
  naming: VerbOptions,
  chords: readonly Chord[],
  { delayMs = context.timeFactor > 1 ? 20 : 10 }: KeyOptions,
): Promise<void> {
  await runVerb(context, naming, async (running) => {
    for (const [index, chord] of chords.entries()) {
      running.saw(`${index} of ${chords.length} keys were pressed`)
      await press(context, running, chord, delayMs)
    }
  })
}

/** What went down comes up again, even when the verb is ended meanwhile. */
async function press(
  context: VerbContext,
  { signal }: RunningVerb,
  chord: Chord,
  delayMs: number,
): Promise<void> {
  const { qmp } = context.owned
  const pause = (): Promise<unknown> =>
    sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  try {
    await qmp.run('input-send-event', { events: chord.map((key) => keyEvent(key, true)) }, { signal })
    await pause()
  } finally {
    const up = chord.toReversed().map((key) => keyEvent(key, false))
    await qmp.run('input-send-event', { events: up }, { timeoutMs: 5_000 })
  }
  await pause()
}

function keyEvent(key: string, down: boolean): QmpInputEvent {
  return { type: 'key', data: { down, key: { type: 'qcode', data: key } } }
}
