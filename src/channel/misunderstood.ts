import { GuestError } from '../errors.ts'

/** The error of a guest agent that says what it cannot say. */
export function misunderstood(what: string, cause?: unknown): GuestError {
  return new GuestError('ERR_FLEDGE_PROTOCOL', `Cannot understand the guest agent: ${what}`, { cause })
}
