import type { BigIntStats } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/** What a path of a share was like when it was copied into a guest. */
export type RecordedPath =
  | { readonly kind: 'folder'; readonly mode: number }
  | { readonly kind: 'link'; readonly to: string }
  | {
      readonly kind: 'file'
      readonly mode: number
      /** Bytes. */
      readonly size: bigint
      readonly modifiedNs: bigint
      readonly inode: bigint
    }

/** All that a guest may change of a mode. */
const permissionBits = 0o777

/** By path in the share. Devices, pipes and sockets are left out, as they are never copied back. */
export type ShareRecord = ReadonlyMap<string, RecordedPath>

/** Looks at all that is in a folder, without following a link. */
export async function recordShare(folder: string): Promise<ShareRecord> {
  const record = new Map<string, RecordedPath>()
  const pending = ['']
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    for (const name of await readdir(join(folder, below))) {
      const path = join(below, name)
      const found = await lookAt(join(folder, path))
      if (found === undefined) continue
      record.set(path, found)
      if (found.kind === 'folder') pending.push(path)
    }
  }
  return record
}

/** What is at a path, or nothing where there is none, or none that is copied. */
export async function lookAt(path: string): Promise<RecordedPath | undefined> {
  const found = await lstat(path, { bigint: true }).catch((error: NodeJS.ErrnoException): undefined => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
  })
  return found && describe(path, found)
}

async function describe(path: string, found: BigIntStats): Promise<RecordedPath | undefined> {
  const mode = Number(found.mode) & permissionBits
  if (found.isDirectory()) return { kind: 'folder', mode }
  if (found.isSymbolicLink()) return { kind: 'link', to: await readlink(path) }
  if (!found.isFile()) return undefined
  return { kind: 'file', mode, size: found.size, modifiedNs: found.mtimeNs, inode: found.ino }
}

/** Whether a path is what it was; its permissions are looked at apart. */
export function isUnchanged(before: RecordedPath | undefined, now: RecordedPath | undefined): boolean {
  if (before?.kind !== now?.kind) return false
  if (before?.kind === 'link' && now?.kind === 'link') return before.to === now.to
  if (before?.kind !== 'file' || now?.kind !== 'file') return true
  return before.size === now.size && before.modifiedNs === now.modifiedNs && before.inode === now.inode
}

/** Whether nothing of a share has changed between two looks at it. */
export function isSameShare(before: ShareRecord, now: ShareRecord): boolean {
  return before.size === now.size && [...before].every(([path, one]) => isUnchanged(one, now.get(path)))
}
