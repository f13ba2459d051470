import { readDownloadManifest } from '../image/download/download-manifest.ts'
import { readImageManifest } from '../image/image-manifest.ts'
import { readPrepared } from '../image/read-prepared.ts'
import { readManifest } from '../template/manifest.ts'
import { abortSignal, checkOptions } from '../util/check-options.ts'
import { brokenFiles } from '../util/file-record.ts'
import { isManifestLost } from '../util/manifest-file.ts'
import { step } from '../util/progress.ts'
import { throwIfAborted } from '../util/with-deadline.ts'
import type { CacheEntry } from './cache-entry.ts'
import { listCache } from './list-cache.ts'
import { brokenEvidence } from './verdicts.ts'

/** What was found of one entry of the cache. */
export interface Verified {
  readonly entry: CacheEntry
  /** The files that are not what was written, by their paths in the entry's folder. */
  readonly broken: readonly string[]
}

/**
 * Checks all entries but those that are outdated, which nobody uses.
 *
 * @throws FledgeError `ERR_FLEDGE_ABORTED`
 */
export async function verifyCache(
  options: { readonly signal?: AbortSignal } = {},
): Promise<readonly Verified[]> {
  checkOptions('verifyCache', options, { signal: abortSignal })
  const { signal } = options
  const verified: Verified[] = []
  for (const entry of await listCache()) {
    throwIfAborted(signal)
    // It looks outdated, as all do that cannot be read, but no version of fledge has written that.
    if (entry.kind !== 'verdict' && (await isManifestLost(entry.folder)))
      verified.push({ entry, broken: ['manifest.json'] })
    else if (entry.outdated === undefined)
      verified.push({ entry, broken: await step(`checking ${entry.name}`, () => broken(entry)) })
  }
  return verified
}

const readers = {
  download: readDownloadManifest,
  image: readImageManifest,
  prepared: readPrepared,
  template: readManifest,
} as const

async function broken({ kind, folder }: CacheEntry): Promise<readonly string[]> {
  if (kind === 'verdict') return brokenEvidence(folder)
  const manifest = await readers[kind](folder)
  return manifest ? brokenFiles(folder, manifest.files) : ['manifest.json']
}
