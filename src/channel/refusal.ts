import { GuestError, type ErrorCode } from '../errors.ts'
import { errnoName } from './errno-names.ts'
import { PayloadReader } from './payload-reader.ts'

/** What a `DONE` says. */
export interface Outcome {
  readonly errno: number
  readonly message: string
}

/** Reads the payload of a `DONE`. */
export function decodeOutcome(payload: Buffer): Outcome {
  const reader = new PayloadReader(payload)
  return { errno: reader.u32(), message: reader.string() }
}

/** The error of a request that the agent did not carry out. Its cause has the errno's name as `code`. */
export function refusal(code: ErrorCode, title: string, outcome: Outcome): GuestError {
  const name = errnoName(outcome.errno)
  const message = outcome.message === '' ? name : `${outcome.message} (${name})`
  const cause = Object.assign(new Error(message), { code: name, errno: outcome.errno })
  return new GuestError(code, `Cannot ${title}: ${message}`, { cause })
}
