import * as v from 'valibot'

import { launchRecord, type LaunchRecord } from './launch-record.ts'
import { reachOwner } from './reach-owner.ts'
import type { SealedPolicy } from './sealed-policy.ts'

/** A sealed run, as it is outside of its seal. */
export interface SealedRun extends Disposable {
  /** The path of the socket, to be bound into the seal and named there by `FLEDGE_OWNER`. */
  readonly socket: string
  /** What was launched in it so far. */
  launches(): Promise<readonly LaunchRecord[]>
}

/**
 * Begins a sealed run: a socket by which its processes get machines, and nothing but what they declared. The machines end with the
 * processes that launched them, and with this.
 *
 * @throws EnvironmentError `ERR_FLEDGE_OWNER`
 */
export async function openSealedRun(options: SealedPolicy): Promise<SealedRun> {
  const owner = await reachOwner()
  try {
    const socket = v.parse(v.string(), await owner.ask('seal', options))
    return {
      socket,
      launches: async () => v.parse(v.array(launchRecord), await owner.ask('launches')),
      [Symbol.dispose]: () => owner[Symbol.dispose](),
    }
  } catch (error) {
    owner[Symbol.dispose]()
    throw error
  }
}
