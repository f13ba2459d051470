import { AsyncLocalStorage } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'

/** Something that the user should know, on the diagnostics channel `fledge:notice`. */
export interface NoticeMessage {
  readonly message: string
  /** What to do about it. */
  readonly hint?: string
}

const notices = channel('fledge:notice')
const saidHere = new Set<string>()
const audience = new AsyncLocalStorage<Set<string>>()

/** Does work for someone who has not heard what was said in this process before. */
export function tellingAnew<T>(work: () => T): T {
  return audience.run(new Set(), work)
}

/** Says something once in the life of this process, or in {@link tellingAnew}: a fallback, with its reason and its remedy. */
export function notice(message: string, hint?: string): void {
  const said = audience.getStore() ?? saidHere
  if (said.has(message)) return
  said.add(message)
  notices.publish({ message, ...(hint === undefined ? {} : { hint }) } satisfies NoticeMessage)
}
