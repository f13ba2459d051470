import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { EnvironmentError } from '../errors.ts'

const probeBytes = 8 * 2 ** 20

/**
 * Demands that a folder is on a file system whose files can have holes. Disks and memory are mostly holes: without
 * them they take ten times the space and the time, and more than the largest file that such a file system can have.
 *
 * @throws EnvironmentError `ERR_FLEDGE_CACHE`
 */
export async function requireSparseFiles(folder: string): Promise<void> {
  const path = join(folder, 'sparse')
  try {
    await using file = await open(path, 'wx')
    await file.truncate(probeBytes)
    const { blocks } = await file.stat()
    if (blocks * 512 < probeBytes) return
  } finally {
    await rm(path, { force: true })
  }
  throw new EnvironmentError(
    'ERR_FLEDGE_CACHE',
    `Cannot use "${folder}": its file system has no sparse files`,
    {
      hint: 'Set FLEDGE_CACHE to a folder on a disk with ext4, xfs or btrfs',
    },
  )
}
