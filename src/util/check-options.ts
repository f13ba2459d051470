import { inspect } from 'node:util'

import leven from 'leven'

import { MisuseError } from '../errors.ts'

/** Says what is wrong with an option's value, or nothing. */
export type OptionCheck = (value: unknown) => string | undefined

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
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot use ${show(options)} as ${what}: it must be an object`)
  }
  for (const [key, value] of Object.entries(options)) {
    const check = checks[key]
    if (!check || !Object.hasOwn(checks, key)) {
      throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot use the option "${key}" of ${what}: there is none`, {
        hint: suggest(key, Object.keys(checks)),
      })
    }
    const wrong = value === undefined ? undefined : check(value)
    if (wrong !== undefined) {
      throw new MisuseError(
        'ERR_FLEDGE_OPTION',
        `Cannot use ${key} ${show(value)} of ${what}: it must be ${wrong}`,
      )
    }
  }
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

/** A text that is not empty and holds no NUL. */
export const text: OptionCheck = (value) =>
  typeof value === 'string' && value !== '' && !value.includes('\0') ? undefined : 'a text that is not empty'

/** Anything: its own code checks it. */
export const anything: OptionCheck = () => undefined

function show(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : inspect(value, { breakLength: Number.POSITIVE_INFINITY })
}
