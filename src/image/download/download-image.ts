import { createHash } from 'node:crypto'
import { chmod, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'

import { MisuseError } from '../../errors.ts'
import { cacheFolder } from '../../util/cache-folder.ts'
import { recordFile } from '../../util/file-record.ts'
import { folderInCache } from '../../util/folder-in-cache.ts'
import { hasCode } from '../../util/has-code.ts'
import { writeManifestFile } from '../../util/manifest-file.ts'
import { notice } from '../../util/notice.ts'
import { step } from '../../util/progress.ts'
import type { CatalogBuild } from '../catalog/catalog-entry.ts'
import { folderName } from '../image-key.ts'
import { type Digests, digestsOf, identity, neededAlgorithms } from './digests.ts'
import { diskFormat } from './disk-format.ts'
import {
  diskName,
  type DownloadedImage,
  type DownloadManifest,
  downloadSchema,
  openDownload,
} from './download-manifest.ts'
import { explainDownloadError } from './explain-download-error.ts'
import { fetchFile, type FetchTask, whatIsThere } from './fetch-file.ts'
import { isOffline, offlineError } from './offline.ts'
import { originPath, PartFile } from './part-file.ts'
import { transferRate } from './transfer-rate.ts'
import { unpack } from './unpack.ts'

/** What has to be known of a file to download it; a build of the catalog has all of it. */
export type Download = Pick<CatalogBuild, 'url' | 'mirrors' | 'compression' | 'sha256' | 'sha512' | 'bytes'> &
  Partial<Pick<CatalogBuild, 'format'>>

/** Where in the cache a download is, or would be: what is pinned is the same wherever it comes from. */
export function downloadFolder(name: string, build: Download): string {
  const pins = digestsOf(build)
  const content = Object.keys(pins).length > 0 ? pins : { url: build.url }
  const key = createHash('sha256')
    .update(JSON.stringify({ schema: downloadSchema, ...content, compression: build.compression }))
    .digest('hex')
  return join(cacheFolder(), 'downloads', folderName(name, key))
}

/**
 * Finds a disk in the cache, or downloads it: from the first place that has the right file, going on where an earlier
 * download broke off.
 *
 * @param name what it is called in messages and in the cache
 * @throws EnvironmentError `ERR_FLEDGE_DOWNLOAD`, `ERR_FLEDGE_DIGEST`, `ERR_FLEDGE_OFFLINE`, `ERR_FLEDGE_TOOL_MISSING`,
 * `ERR_FLEDGE_DISK_FULL` or `ERR_FLEDGE_CACHE`; MisuseError `ERR_FLEDGE_IMAGE_INVALID`; FledgeError `ERR_FLEDGE_ABORTED`
 */
export async function downloadImage(
  name: string,
  build: Download,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<DownloadedImage> {
  const folder = downloadFolder(name, build)
  try {
    signal?.throwIfAborted()
    const found = await openDownload(folder)
    if (found) return found
    return await step(`pulling ${name}`, (update) =>
      folderInCache({
        folder,
        read: openDownload,
        fill: (partial, bounded) =>
          fill({ name, build, folder, partial, update, signal: bounded, caller: signal }),
        onWait: () => update('waiting for another process that downloads it'),
        ...(signal === undefined ? {} : { signal }),
      }),
    )
  } catch (error) {
    throw explainDownloadError(error, { name, build, signal })
  }
}

interface Fill {
  readonly name: string
  readonly build: Download
  readonly folder: string
  readonly partial: string
  readonly update: (detail: string) => void
  /** Aborts with the caller's, and when the disk is full. */
  readonly signal: AbortSignal
  readonly caller: AbortSignal | undefined
}

async function fill(task: Fill): Promise<void> {
  const { name, build, folder, partial, update, signal } = task
  const path = `${folder}.part`
  await using part = await PartFile.open(path, neededAlgorithms(build))
  await requireSpace(partial, (build.bytes ?? 0) - part.size)
  try {
    const digests = await fetched(task, part)
    const digest = identity(digests)
    const disk = join(partial, 'disk')
    if (build.compression === undefined) await rename(path, disk)
    else {
      update('unpacking')
      await unpack(build.compression, path, disk, { name, signal })
    }
    const format = await formatOf(disk, name, build)
    const final = join(partial, diskName(format))
    await rename(disk, final)
    await chmod(final, 0o444)
    const record = await recordFile(final, build.compression === undefined ? digest : undefined)
    await writeManifestFile(partial, {
      schema: downloadSchema,
      name,
      url: build.url,
      digest,
      format,
      downloadedAt: new Date().toISOString(),
      files: { [diskName(format)]: record },
    } satisfies DownloadManifest)
    await removePart(path)
  } catch (error) {
    if (part.size === 0 || isOfNoUse(error, task)) await removePart(path)
    throw error
  }
}

async function fetched({ name, build, update, signal }: Fill, part: PartFile): Promise<Digests> {
  const pins = digestsOf(build)
  const urls = [build.url, ...build.mirrors]
  const task: FetchTask = {
    urls,
    pins,
    bytes: build.bytes,
    part,
    signal,
    update,
    onProgress: transferRate(update),
  }
  if (isOffline()) {
    const present = part.size
    // What someone brought is looked at, and left alone when it is not what is wanted.
    const there = await whatIsThere(task)
    if (there) return there
    throw offlineError({ name, url: build.url, pins, bytes: build.bytes, part: part.path, present })
  }
  if (Object.keys(pins).length === 0) {
    notice(`Nothing vouches for what is downloaded as "${name}": no digest of it is known`)
  }
  return fetchFile(task)
}

async function formatOf(disk: string, name: string, build: Download): Promise<DownloadedImage['format']> {
  const format = await diskFormat(disk, name)
  if (build.format === undefined || build.format === format) return format
  throw new MisuseError(
    'ERR_FLEDGE_IMAGE_INVALID',
    `Cannot use "${name}": it is ${format}, not ${build.format}`,
  )
}

/** Says so before it starts when there is no space for the whole. */
async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize < bytes) throw Object.assign(new Error('No space left on device'), { code: 'ENOSPC' })
}

/** Whether a part is not worth keeping: it fills the disk, or is the right file and no disk. */
function isOfNoUse(error: unknown, { signal, caller }: Fill): boolean {
  if (caller?.aborted) return false
  return (
    signal.aborted || ['ENOSPC', 'EDQUOT', 'ERR_FLEDGE_IMAGE_INVALID'].some((code) => hasCode(error, code))
  )
}

async function removePart(path: string): Promise<void> {
  await Promise.all([path, originPath(path)].map((each) => rm(each, { force: true })))
}
