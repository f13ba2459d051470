import { inspect } from 'node:util'

import type { CommandOutcome } from '../index.ts'
import type { Secrets } from './secrets.ts'

/** How a verb ended, as reports show it. */
export interface VerbOutcome {
  /** As `exit code 3` or `SIGKILL`, of a command. */
  readonly ending?: string
  /** The end of what it wrote, without secrets. */
  readonly stdout: string
  readonly stderr: string
  /** The first line of the error, if it failed. */
  readonly error?: string
}

/** How much of each output is kept, in characters. */
const keptLength = 16_384
/** What is looked at for secrets, so that none is cut in half. */
const searchedLength = 1 << 20

/** Reads what a verb gave, or threw. */
export function verbOutcome(secrets: Secrets, { result, error }: Settled): VerbOutcome {
  const outcome = [result, error].find(isCommandOutcome)
  const message = error === undefined || error instanceof Error ? error?.message : inspect(error)
  return {
    ...(outcome ? { ending: endingOf(outcome) } : {}),
    stdout: tail(secrets, outcome?.stdout ?? ''),
    stderr: tail(secrets, outcome?.stderr ?? ''),
    ...(message === undefined ? {} : { error: secrets.hide(message).split('\n', 1)[0] ?? '' }),
  }
}

interface Settled {
  readonly result?: unknown
  readonly error?: unknown
}

function isCommandOutcome(value: unknown): value is CommandOutcome {
  return typeof value === 'object' && value !== null && 'timedOut' in value && 'stdout' in value
}

function endingOf({ exitCode, signal, timedOut }: CommandOutcome): string {
  if (timedOut) return 'cut off at its limit'
  return signal ?? `exit code ${exitCode}`
}

function tail(secrets: Secrets, text: string): string {
  const clean = secrets.hide(text.slice(-searchedLength))
  if (clean.length <= keptLength) return clean
  const end = clean.slice(-keptLength)
  // From a whole line on, if there is one.
  return `[…]\n${end.slice(end.indexOf('\n') + 1)}`
}
