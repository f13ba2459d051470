import { mkdtemp, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { tryLockFile } from '../util/file-lock.ts'
import { hasCode } from '../util/has-code.ts'

/**
 * Removes a folder of the cache together with its lock, all at once for everyone who looks: it is renamed first.
 * Machines that run on its files keep them, as the kernel does.
 *
 * @param stillSo asked under the lock, right before the end
 * @returns whether it was removed; not, when another process is making it anew
 */
export async function discardFolder(
  folder: string,
  stillSo: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<boolean> {
  const lockPath = `${folder}.lock`
  await using lock = await tryLockFile(lockPath)
  if (!lock || !(await stillSo())) return false
  // The name of something partial: should we be killed, the next one who makes it, or prunes, sweeps it.
  const gone = await mkdtemp(join(dirname(folder), `.partial-${basename(folder)}-${process.pid}-`))
  try {
    await rename(folder, join(gone, 'old'))
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  } finally {
    await rm(gone, { recursive: true, force: true })
  }
  await rm(lockPath, { force: true })
  return true
}
