import { randomBytes } from 'node:crypto'
import { chmod, chown, copyFile, lstat, mkdir, rename, rm, rmdir, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { hasCode } from '../util/has-code.ts'
import type { WriteBack } from './plan-write-back.ts'

/**
 * Does what was planned. Every file is written beside its place and renamed, so that whoever reads it has the old or the new one
 * whole.
 *
 * @param arrived the folder with what came back
 * @param source the share on the host
 */
export async function writeBack(
  arrived: string,
  source: string,
  { removed, folders, files, modes }: WriteBack,
): Promise<void> {
  for (const path of removed) await remove(join(source, path))
  for (const path of folders) await mkdir(join(source, path), { recursive: true })
  for (const path of files) await replace(join(arrived, path), join(source, path))
  // Last, and folders after what is in them: some may not be written to afterwards.
  for (const [path, mode] of [...modes].toReversed()) await chmod(join(source, path), mode)
}

async function remove(path: string): Promise<void> {
  const found = await lstat(path)
  if (!found.isDirectory()) return rm(path)
  await rmdir(path).catch((error: unknown) => {
    // The host has put something there meanwhile.
    if (!hasCode(error, 'ENOTEMPTY')) throw error
  })
}

async function replace(from: string, to: string): Promise<void> {
  const folder = dirname(to)
  await mkdir(folder, { recursive: true })
  const fresh = join(folder, `.fledge-${randomBytes(6).toString('hex')}`)
  try {
    await copyFile(from, fresh)
    const { atime, mtime } = await stat(from)
    await utimes(fresh, atime, mtime)
    await keepOwner(fresh, to)
    await rename(fresh, to)
  } finally {
    await rm(fresh, { force: true })
  }
}

/** Only root can leave another's file to them; what others write becomes their own. */
async function keepOwner(fresh: string, place: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const before = await lstat(place).catch(() => undefined)
  const { uid, gid } = before ?? (await stat(dirname(place)))
  await chown(fresh, uid, gid)
}
