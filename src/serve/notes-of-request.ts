import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'

import { tellingAnew } from '../util/notice.ts'

/** Tells who asked for something of a step or a notice on the way. */
export type TellNote = (note: unknown) => void

const asking = new AsyncLocalStorage<TellNote>()
let listens = false

/** Does the work of a request; the steps and the notices that it tells of go to who asked, and to nobody else. */
export function withNotes<T>(tell: TellNote, work: () => Promise<T>): Promise<T> {
  if (!listens) {
    listens = true
    subscribe('fledge:progress', (progress) => asking.getStore()?.({ progress }))
    subscribe('fledge:notice', (notice) => asking.getStore()?.({ notice }))
  }
  return asking.run(tell, () => tellingAnew(work))
}
