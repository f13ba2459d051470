import { inspect } from 'node:util'

import leven from 'leven'

import { MisuseError } from '../errors.ts'

/** Says what an option has to be when its value is wrong, or nothing. */
export type OptionCheck = (value: unknown) => string | undefined

/** A check for every option of a type: one that is forgotten does not compile. */
export type OptionChecks<Options> = { readonly [Key in keyof Options]-?: OptionCheck }

/**
 * Checks an object of options: no unknown keys, and every value that is there as its check wants it.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` that names the option, its value and what it has to be
 */
export function checkOptions(
  what: string,
  options: unknown,
  checks: Readonly<Record<string, OptionCheck>>,
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new MisuseError(
      'ERR_FLEDGE_OPTION',
      `Cannot use ${show(options)} as options of ${what}: it must be an object`,
    )
  }
  for (const [key, value] of Object.entries(options)) {
    const check = checks[key]
    if (!check || !Object.hasOwn(checks, key)) {
      throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot use the option "${key}" of ${what}: there is none`, {
        hint: suggest(key, Object.keys(checks)),
      })
    }
    if (value !== undefined) checkValue(what, key, value, check)
  }
}

/**
 * Checks one value that has to be there, as an argument.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` that names it, and says what it has to be
 */
export function checkValue(what: string, name: string, value: unknown, check: OptionCheck): void {
  const wanted = check(value)
  if (wanted === undefined) return
  throw new MisuseError(
    'ERR_FLEDGE_OPTION',
    `Cannot use ${name} ${show(value)} of ${what}: it must be ${wanted}`,
  )
}

/** "Did you mean …?" with the nearest names, or all of them where none is near. */
export function suggest(name: string, known: readonly string[]): string {
  const near = known.filter((each) => leven(each, name) <= Math.max(2, Math.floor(name.length / 3)))
  if (near.length === 0) return `There are: ${known.join(', ')}`
  const ordered = near.toSorted((a, b) => leven(a, name) - leven(b, name)).slice(0, 3)
  return `Did you mean ${ordered.map((each) => `"${each}"`).join(' or ')}?`
}

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number): OptionCheck {
  return (value) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : `a whole number from ${least} to ${most}`
}

/** One of some words. */
export function oneOf(...words: readonly string[]): OptionCheck {
  return (value) =>
    words.some((word) => word === value) ? undefined : words.map((word) => `"${word}"`).join(' or ')
}

/** Whether a guest and the kernel can be told a text: without NUL, and with no half of a character of two. */
export function isSendable(value: unknown): value is string {
  return typeof value === 'string' && !/[\0\p{Cs}]/u.test(value)
}

/** A text that is not empty, and that can be sent. */
export const text: OptionCheck = (value) =>
  isSendable(value) && value !== '' ? undefined : 'a text that is not empty and has no NUL'

/** Some of those. */
export const listOfTexts: OptionCheck = (value) =>
  Array.isArray(value) && value.every((each) => text(each) === undefined)
    ? undefined
    : 'an array of texts that are not empty'

/** An absolute path. */
export const absolutePath: OptionCheck = (value) =>
  isSendable(value) && value.startsWith('/') ? undefined : 'an absolute path'

/** A switch. */
export const trueOrFalse: OptionCheck = (value) => (typeof value === 'boolean' ? undefined : 'true or false')

/** A time in milliseconds; infinity is none. */
export const milliseconds: OptionCheck = (value) =>
  typeof value === 'number' && value >= 0 ? undefined : 'a number of milliseconds, from 0 on'

/** A signal to abort by. */
export const abortSignal: OptionCheck = (value) =>
  value instanceof AbortSignal ? undefined : 'an AbortSignal'

/** Anything: its own code checks it. */
export const anything: OptionCheck = () => undefined

/** How much of a wrong value is shown. */
const shownLength = 200

/** A value in one line of some length. */
function show(value: unknown): string {
  const line =
    typeof value === 'string'
      ? JSON.stringify(value)
      : inspect(value, { breakLength: Number.POSITIVE_INFINITY, compact: true })
  return line.length > shownLength ? `${line.slice(0, shownLength)}…` : line
}
