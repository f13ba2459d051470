import type { OptionCheck } from './checks.ts'

/** A text that has to be the same, or an expression that has to match. */
export type Wanted = string | RegExp

/** What a {@link Wanted} has to be. */
export const wantedText: OptionCheck = (value) =>
  typeof value === 'string' || value instanceof RegExp ? undefined : 'a text or a regular expression'

/** Whether a text is as wanted. */
export function fits(text: string, wanted: Wanted): boolean {
  return typeof wanted === 'string' ? text === wanted : text.search(wanted) >= 0
}

/** As a person reads it in a message. */
export function shown(wanted: Wanted): string {
  return typeof wanted === 'string' ? JSON.stringify(shortened(wanted)) : String(wanted)
}

const shownLength = 500

/** The beginning of a text, as messages show it. */
export function shortened(text: string): string {
  return text.length > shownLength ? `${text.slice(0, shownLength)}…` : text
}
