import { stat } from 'node:fs/promises'
import { join } from 'node:path'

import { readManifest } from '../template/manifest.ts'
import { brokenFiles } from '../template/template.ts'
import { step } from '../util/progress.ts'
import type { CacheEntry } from './cache-entry.ts'
import { listCache } from './list-cache.ts'

/** What was found of one entry of the cache. */
export interface Verified {
  readonly entry: CacheEntry
  /** The files that are not what was written, by their paths in the entry's folder. */
  readonly broken: readonly string[]
}

/** Checks all entries but those that are outdated, which nobody uses. */
export async function verifyCache({ signal }: { readonly signal?: AbortSignal } = {}): Promise<
  readonly Verified[]
> {
  const verified: Verified[] = []
  for (const entry of (await listCache()).filter(({ outdated }) => outdated === undefined)) {
    signal?.throwIfAborted()
    verified.push({ entry, broken: await step(`checking ${entry.name}`, () => broken(entry)) })
  }
  return verified
}

async function broken(entry: CacheEntry): Promise<readonly string[]> {
  if (entry.kind !== 'template')
    return missing(entry.folder, ['manifest.json', 'disk.raw', 'vmlinuz', 'initrd'])
  const manifest = await readManifest(entry.folder)
  return manifest ? brokenFiles(entry.folder, manifest) : ['manifest.json']
}

async function missing(folder: string, names: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)))
  return names.filter((_, index) => !found[index]?.isFile() || found[index].size === 0)
}
