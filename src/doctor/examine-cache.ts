import { randomUUID } from 'node:crypto'
import { open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'

import { cacheFolder } from '../util/cache-folder.ts'
import { type Finding, missing, ok, weak } from './finding.ts'
import { makeFolder } from '../util/make-folder.ts'

const name = 'cache'
/** An image and its template, with room to build them. */
const leastFree = 3 * 2 ** 30
/** Linux's `TMPFS_MAGIC`, from magic.h. */
const tmpfs = 0x0102_1994

/** The cache's folder: whether it can be written, has space, and keeps holes. */
export async function examineCache(): Promise<readonly Finding[]> {
  const folder = cacheFolder()
  let holes: boolean
  try {
    await makeFolder(folder)
    holes = await keepsHoles(join(folder, `doctor-${randomUUID()}`))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return [
      missing(name, `${folder} cannot be written: ${why}`, {
        hint: 'Set FLEDGE_CACHE to a folder of your own',
      }),
    ]
  }
  const { bavail, bsize, type } = await statfs(folder)
  const free = bavail * bsize
  const space = `${(free / 2 ** 30).toFixed(1)} GiB free`
  const detail = `${folder}, ${space}`
  const elsewhere = 'Set FLEDGE_CACHE to a folder on another disk'
  if (!holes) {
    return [missing(name, `${detail}, but the file system does not keep sparse files`, { hint: elsewhere })]
  }
  if (free < leastFree)
    return [missing(name, `${detail}: too little`, { hint: `${elsewhere}, or free some` })]
  if (type === tmpfs) {
    return [weak(name, `${detail}, in memory: machines take several times as much of it`, elsewhere)]
  }
  return [ok(name, detail)]
}

/** Whether a file that is mostly a hole takes next to nothing. */
async function keepsHoles(path: string): Promise<boolean> {
  try {
    await using file = await open(path, 'wx', 0o600)
    await file.truncate(16 * 2 ** 20)
    await file.write('x', 8 * 2 ** 20)
    return (await file.stat()).blocks * 512 < 2 ** 20
  } finally {
    await rm(path, { force: true })
  }
}
