import { randomInt } from 'node:crypto'
import { extname, join } from 'node:path'

import { InvalidArgumentError } from 'commander'

import { MisuseError } from '../index.ts'
import type { CommandPlan } from '../test/command-plan.ts'
import { foundAt } from './found-at.ts'

/** Options of `fledge test` by which tests run several times, and in another order. */
export interface RepeatOptions {
  readonly repeat?: number
  /** True without a seed of its own. */
  readonly shuffle?: boolean | string
  readonly seed?: string
}

/** Reads a seed, which is any word. */
export function parseSeed(text: string): string {
  if (/^[\w.][\w.-]{0,63}$/.test(text)) return text
  throw new InvalidArgumentError('It must be a word of letters, digits, ".", "_" and "-"')
}

/** Reads the value of `--shuffle`, which may take a file for it. */
export function parseShuffle(text: string): string {
  if (!foundAt(text)) return parseSeed(text)
  throw new InvalidArgumentError('It is a file or a folder. Name those before --shuffle, or give a --seed')
}

/** What Playwright is told of {@link RepeatOptions}, and what its reporter is. */
export function repeatArguments({ repeat, shuffle, seed }: RepeatOptions): {
  readonly args: readonly string[]
  readonly plan: Pick<CommandPlan, 'repeat'>
} {
  if (seed !== undefined && shuffle === undefined) {
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot use --seed "${seed}" without --shuffle`, {
      hint: 'Add --shuffle, which runs the tests in an order that the seed decides',
    })
  }
  const order = seed ?? (typeof shuffle === 'string' ? shuffle : shuffle && `${randomInt(1e9)}`)
  const args = [
    ...(repeat === undefined ? [] : ['--repeat-each', `${repeat}`, '--add-reporter', reporter]),
    ...(order ? ['--shuffle', order] : []),
  ]
  if (repeat === undefined) return { args, plan: {} }
  return { args, plan: { repeat: { times: repeat, ...(order ? { seed: order } : {}) } } }
}

const reporter = join(import.meta.dirname, `../test/stability-reporter${extname(import.meta.filename)}`)
