import { channel } from 'node:diagnostics_channel'

/** Something that the user should know, on the diagnostics channel `fledge:notice`. */
export interface NoticeMessage {
  readonly message: string
  /** What to do about it. */
  readonly hint?: string
}

const notices = channel('fledge:notice')
const said = new Set<string>()

/** Says something once in the life of this process: a fallback, with its reason and its remedy. */
export function notice(message: string, hint?: string): void {
  if (said.has(message)) return
  said.add(message)
  notices.publish({ message, ...(hint === undefined ? {} : { hint }) } satisfies NoticeMessage)
}
