import { open } from 'node:fs/promises'
import { join } from 'node:path'

import { isUnchanged, lookAt, recordShare, type RecordedPath, type ShareRecord } from './share-record.ts'

/** What has to be done to a share on the host for it to be as the guest made it; all by path in the share. */
export interface WriteBack {
  /** Folders come after what is in them. */
  readonly removed: readonly string[]
  /** Folders to make; each comes before what is in it. */
  readonly folders: readonly string[]
  readonly files: readonly string[]
  /** What gets other permissions. */
  readonly modes: ReadonlyMap<string, number>
  /** Links that the guest made, which are not copied back. */
  readonly links: readonly string[]
  /** What both sides have changed. */
  readonly conflicts: readonly string[]
}

/**
 * Compares what came back from a guest with the share on the host and with what that was at first. A change of the guest
 * is done on the host where the host has changed nothing itself; where only the host has, its own is kept.
 *
 * @param arrived the folder with what came back
 * @param source the share on the host
 */
export async function planWriteBack(
  arrived: string,
  source: string,
  record: ShareRecord,
): Promise<WriteBack> {
  const plan = {
    removed: [] as string[],
    folders: [] as string[],
    files: [] as string[],
    modes: new Map<string, number>(),
    links: [] as string[],
    conflicts: [] as string[],
  }
  const came = await recordShare(arrived)
  for (const [path, now] of [...came].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const before = record.get(path)
    const ours = await lookAt(join(source, path))
    const isOurs = !isUnchanged(before, ours)
    if (now.kind === 'link') {
      if (!isUnchanged(now, ours)) plan.links.push(path)
    } else if (
      now.kind === ours?.kind &&
      (await isSame(join(arrived, path), join(source, path), now, ours))
    ) {
      if (before?.kind === now.kind && before.mode !== now.mode) plan.modes.set(path, now.mode)
    } else if (isOurs) {
      if (!isAsItCame(before, now)) plan.conflicts.push(path)
    } else {
      if (ours && ours.kind !== now.kind) plan.removed.push(path)
      if (now.kind === 'folder') plan.folders.push(path)
      else plan.files.push(path)
      plan.modes.set(path, now.mode)
    }
  }
  for (const [path, before] of record) {
    // What lay where a link is now has only been put out of sight.
    if (came.has(path) || plan.links.some((link) => path.startsWith(`${link}/`))) continue
    const ours = await lookAt(join(source, path))
    if (ours === undefined) continue
    if (isUnchanged(before, ours)) plan.removed.push(path)
    else plan.conflicts.push(path)
  }
  return { ...plan, removed: plan.removed.toSorted((a, b) => (a < b ? 1 : -1)) }
}

/** Whether the guest has left a path as it got it, so far as a tar tells: it counts seconds. */
function isAsItCame(before: RecordedPath | undefined, now: RecordedPath): boolean {
  if (before?.kind !== now.kind) return false
  if (before.kind !== 'file' || now.kind !== 'file') return true
  const second = 1_000_000_000n
  return before.size === now.size && before.modifiedNs / second === now.modifiedNs / second
}

const chunkBytes = 1 << 20

/** Whether two paths of one kind have the same in them; folders are compared by what is in them, one by one. */
async function isSame(
  onePath: string,
  otherPath: string,
  one: RecordedPath,
  other: RecordedPath,
): Promise<boolean> {
  if (one.kind !== 'file' || other.kind !== 'file') return true
  if (one.size !== other.size) return false
  await using first = await open(onePath)
  await using second = await open(otherPath)
  const [left, right] = [Buffer.alloc(chunkBytes), Buffer.alloc(chunkBytes)]
  for (;;) {
    const { bytesRead } = await first.read(left)
    if (bytesRead === 0) return true
    // As long as the first: a read of a plain file is short only at its end.
    await second.read(right, 0, bytesRead)
    if (!left.subarray(0, bytesRead).equals(right.subarray(0, bytesRead))) return false
  }
}
