import * as v from 'valibot'

import {
  EnvironmentError,
  errorCodes,
  FledgeError,
  GuestError,
  MisuseError,
  type ErrorCode,
  type ErrorDetails,
} from '../../errors.ts'

const codes = Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]

/** An error as it goes from one process to another. */
export const wireError: v.GenericSchema<unknown, WireError> = v.object({
  name: v.string(),
  code: v.optional(v.picklist(codes)),
  message: v.string(),
  hint: v.optional(v.string()),
  machine: v.optional(v.string()),
  command: v.optional(v.string()),
  lastSeen: v.optional(v.string()),
  consoleTail: v.optional(v.string()),
})

interface WireError {
  readonly name: string
  /** Absent for an error that fledge did not throw on purpose. */
  readonly code?: ErrorCode | undefined
  readonly message: string
  readonly hint?: string | undefined
  readonly machine?: string | undefined
  readonly command?: string | undefined
  readonly lastSeen?: string | undefined
  readonly consoleTail?: string | undefined
}

/** Makes an error ready to be sent. */
export function toWire(error: unknown): WireError {
  if (!(error instanceof FledgeError)) {
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    return { name, message }
  }
  const { name, code, message, hint, machine, command, lastSeen, consoleTail } = error
  return { name, code, message, hint, machine, command, lastSeen, consoleTail }
}

/** The error that was sent. */
export function fromWire({ name, code, message, ...rest }: WireError): Error {
  if (code === undefined) return Object.assign(new Error(message), { name })
  const details = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined),
  ) as ErrorDetails
  if (name === 'MisuseError') return new MisuseError(code, message, details)
  if (name === 'EnvironmentError') return new EnvironmentError(code, message, details)
  return name === 'FledgeError'
    ? new FledgeError(code, message, details)
    : new GuestError(code, message, details)
}
