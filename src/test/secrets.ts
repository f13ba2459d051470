import type { TestInfoError } from '@playwright/test'

import { FledgeError } from '../index.ts'

/** Names of variables whose values are secrets, unless the option `secretVariables` says otherwise. */
export const secretNames: RegExp =
  /pass(?:word|wd|phrase)|^pass$|_pass$|pwd$|secret|token|credential|api_?key|(?:^|_)(?:private_?|access_?)?key$/i

/** What stands in a report where a secret was. */
export const mask = '••••••'

/** Shorter values would be found in everything. */
const leastLength = 4

/** The secrets that the commands of a test were given in their environment. */
export class Secrets {
  readonly #names: RegExp
  readonly #values = new Set<string>()
  #pattern: RegExp | undefined

  constructor(names: RegExp = secretNames) {
    // A global or sticky pattern would remember where it was.
    this.#names = new RegExp(names.source, names.flags.replaceAll(/[gy]/g, ''))
  }

  /** Takes the values of variables with secret names; of a long one, as a private key, each line as well. */
  learn(env: Readonly<Record<string, string>>): void {
    const before = this.#values.size
    for (const [name, value] of Object.entries(env)) {
      if (!this.#names.test(name)) continue
      for (const part of [value, ...value.split('\n')]) {
        if (part.trim().length >= leastLength) this.#values.add(part.trim())
      }
    }
    if (this.#values.size === before) return
    // The longest first, as one secret may begin like another.
    const longestFirst = [...this.#values].toSorted((a, b) => b.length - a.length)
    this.#pattern = new RegExp(longestFirst.map(literally).join('|'), 'g')
  }

  /** A text without the secrets in it. */
  hide(text: string): string {
    return this.#pattern ? text.replaceAll(this.#pattern, mask) : text
  }

  /** The same in what Playwright keeps of errors: an assertion may have shown what a command gave. */
  hideInReport(errors: readonly TestInfoError[]): void {
    for (const error of errors) {
      for (const key of ['message', 'stack', 'value'] as const) {
        if (error[key] !== undefined) error[key] = this.hide(error[key])
      }
    }
  }

  /** Takes the secrets out of all texts of an error and of what caused it, in place: it is for people to read. */
  hideInError(error: unknown): void {
    for (let each = error; each instanceof Error && this.#pattern; each = each.cause) {
      each.message = this.hide(each.message)
      if (each.stack !== undefined) each.stack = this.hide(each.stack)
      if (!(each instanceof FledgeError)) continue
      for (const [key, value] of Object.entries(each)) {
        if (typeof value === 'string') Object.assign(each, { [key]: this.hide(value) })
      }
    }
  }
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}
