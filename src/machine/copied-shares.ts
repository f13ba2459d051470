import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { GuestChannel } from '../channel/guest-channel.ts'
import { FledgeError, GuestError } from '../errors.ts'
import { notice } from '../util/notice.ts'
import { temporaryFolder } from '../util/temporary-folder.ts'
import { planWriteBack } from './plan-write-back.ts'
import { isSameShare, recordShare, type ShareRecord } from './share-record.ts'
import type { PlannedShare } from './shares.ts'
import { packIntoGuest, unpackFromGuest, type TarFailure } from './tar-stream.ts'
import { writeBack } from './write-back.ts'

/** Linux's `MS_*`, from mount.h. */
const mountFlags = { readOnly: 1, remount: 32, bind: 4096 } as const

/** What is needed of a machine. */
export interface ShareGuest {
  readonly name: string
  readonly channel: GuestChannel
}

/** A share that is to be copied back, and what it was like. */
interface ReturningShare {
  readonly copy: PlannedShare
  record: ShareRecord
}

/**
 * The shares of a machine whose kernel cannot mount them: copies, each bound to the place where it is wanted, so that what
 * the guest has there is hidden, as by a mount.
 */
export class CopiedShares {
  readonly #owned: ShareGuest
  readonly #returning: readonly ReturningShare[]

  private constructor(owned: ShareGuest, returning: readonly ReturningShare[]) {
    this.#owned = owned
    this.#returning = returning
  }

  /**
   * Copies shares into a machine, one after the other.
   *
   * @param image for the notice
   * @throws GuestError `ERR_FLEDGE_COPY`
   */
  static async bring(
    owned: ShareGuest,
    image: string,
    copies: readonly PlannedShare[],
    signal: AbortSignal,
  ): Promise<CopiedShares> {
    if (copies.length > 0) {
      notice(
        `Shares of "${image}" are copied into the machine, as its kernel has no 9p: later changes of this host are not seen there`,
        'Changes of the guest come back from a read-write share with "copyBack: true", by syncShares() and at the end',
      )
    }
    const returning: ReturningShare[] = []
    for (const copy of copies) {
      const record = await bring(owned, copy, signal)
      if (record !== undefined) returning.push({ copy, record })
    }
    return new CopiedShares(owned, returning)
  }

  /** Whether anything is to be copied back. */
  get areToReturn(): boolean {
    return this.#returning.length > 0
  }

  /**
   * Copies back what the guest changed. A share is written to only when all of it has come.
   *
   * @throws GuestError `ERR_FLEDGE_COPY`
   */
  async return(signal: AbortSignal): Promise<void> {
    for (const share of this.#returning) {
      share.record = await takeBack(this.#owned, share.copy, share.record, signal)
    }
  }
}

const unpack = 'mkdir -p -- "$1"; exec tar -x -p -f - -C "$1"'

/** Copies one share in; tells what it was like where that matters later. */
async function bring(
  owned: ShareGuest,
  { source, target, place, access, copyBack }: PlannedShare,
  signal: AbortSignal,
): Promise<ShareRecord | undefined> {
  const what = `Cannot copy the share "${target}" into "${owned.name}"`
  const record = copyBack ? await recordShare(source) : undefined
  const line = ['sh', '-euc', unpack, 'sh', place] as const
  const failure = await packIntoGuest(owned.channel, { folder: source, contents: '.' }, line, signal)
  if (failure) throw new GuestError('ERR_FLEDGE_COPY', ...explain(what, source, failure))
  if (record && !isSameShare(record, await recordShare(source))) {
    const changed: TarFailure = { side: 'host', said: 'file changed as we read it' }
    throw new GuestError('ERR_FLEDGE_COPY', ...explain(what, source, changed))
  }
  await owned.channel.mount({ source: place, target, type: '', flags: mountFlags.bind })
  if (access === 'read-only') {
    // A bind is made read-only only when it stands.
    const flags = mountFlags.remount | mountFlags.bind | mountFlags.readOnly
    await owned.channel.mount({ source: '', target, type: '', flags })
  }
  return record
}

/** Copies one share back; tells what it is like then. */
async function takeBack(
  owned: ShareGuest,
  { source, target, place }: PlannedShare,
  record: ShareRecord,
  signal: AbortSignal,
): Promise<ShareRecord> {
  const what = `Cannot copy the share "${target}" of "${owned.name}" back to "${source}"`
  const arrived = await mkdtemp(join(await temporaryFolder(), 'fledge-share-'))
  try {
    const failure = await unpackFromGuest(owned.channel, { folder: place, contents: '.' }, arrived, signal)
    if (failure) throw new GuestError('ERR_FLEDGE_COPY', ...explain(what, target, failure))
    const plan = await planWriteBack(arrived, source, record)
    if (plan.conflicts.length > 0) {
      throw new GuestError('ERR_FLEDGE_COPY', `${what}: both sides have changed ${some(plan.conflicts)}`, {
        machine: owned.name,
        hint: 'Nothing was written. Take what the guest has by copyFromMachine, and let only one side write',
      })
    }
    signal.throwIfAborted()
    await writeBack(arrived, source, plan)
    if (plan.links.length > 0) {
      notice(
        `Links that a guest made in the share "${target}" are not copied back to "${source}": ${some(plan.links)}`,
        'They could lead anywhere on this host; copyFromMachine copies them',
      )
    }
    return await recordShare(source)
  } catch (error) {
    if (error instanceof FledgeError || signal.aborted) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new GuestError('ERR_FLEDGE_COPY', `${what}: ${why}`, { machine: owned.name, cause: error })
  } finally {
    await rm(arrived, { recursive: true, force: true })
  }
}

/** What the system, GNU tar and BusyBox say of a full disk. */
const noRoom = /No space left on device|Wrote only \d+ of \d+ bytes|short write/

/** The message and the details of a copy that failed. */
function explain(
  what: string,
  folder: string,
  { side, said, cause }: TarFailure,
): [message: string, details: { hint?: string; cause?: unknown }] {
  const details = cause === undefined ? {} : { cause }
  if (/file changed as we read it|File removed before we read it/.test(said)) {
    return [
      `${what}: "${folder}" changed while it was read: ${said}`,
      { ...details, hint: 'Wait until nothing writes there any more' },
    ]
  }
  if (side === 'guest' && noRoom.test(said)) {
    return [
      `${what}: it does not fit on the disk of the guest`,
      { ...details, hint: 'Share less, or give the machine a larger disk, by "diskGiB" or "--disk"' },
    ]
  }
  return [`${what}: ${said}`, details]
}

/** The first of some paths. */
function some(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).map((path) => `"${path}"`)
  const rest = paths.length - shown.length
  return [...shown, ...(rest > 0 ? [`${rest} more`] : [])].join(', ')
}
