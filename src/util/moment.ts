import { channel } from 'node:diagnostics_channel'

/** A point that a launch has come to, on the diagnostics channel `fledge:moment`. */
export interface MomentMessage {
  /** The name of the machine. */
  readonly machine: string
  /** As `answered`; docs/performance.md has them all in their order. */
  readonly moment: string
  /** As `performance.now()` has it. */
  readonly atMs: number
}

const moments = channel('fledge:moment')

/** Tells that a launch has come to a point; costs nothing when nobody listens. */
export function reached(machine: string, moment: string): void {
  if (!moments.hasSubscribers) return
  moments.publish({ machine, moment, atMs: performance.now() } satisfies MomentMessage)
}
