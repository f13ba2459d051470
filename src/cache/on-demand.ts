import type { CacheEntry } from './cache-entry.ts'
import type { Pruned, PruneOptions } from './prune-cache.ts'
import type { RemoveOptions } from './remove-from-cache.ts'
import type { Verified } from './verify-cache.ts'

// Who launches a machine needs none of this: it is loaded when it is used.

/**
 * All that the cache holds: images, then prepared images, then templates, with what they take, what they were
 * made from, what runs on them, and what is of no use any more.
 *
 * @example
 * const bytes = (await listCache()).reduce((sum, entry) => sum + entry.bytes, 0)
 */
export async function listCache(): Promise<readonly CacheEntry[]> {
  return (await import('./list-cache.ts')).listCache()
}

/**
 * Removes from the cache what nothing refers to any more, and what dead processes left behind. What other processes make
 * or run machines on is spared.
 *
 * @example
 * const { freedBytes } = await pruneCache({ olderThanMs: 30 * 86_400_000 })
 */
export async function pruneCache(options: PruneOptions = {}): Promise<Pruned> {
  return (await import('./prune-cache.ts')).pruneCache(options)
}

/**
 * Removes entries from the cache, and with each all that was made from it.
 *
 * @param names of images (`debian:13-minimal`), or of folders in the cache
 * @returns what was removed, or would be
 * @throws MisuseError `ERR_FLEDGE_OPTION` for a name that nothing has; EnvironmentError `ERR_FLEDGE_CACHE` for what a
 * machine runs on, or another process is making
 */
export async function removeFromCache(
  names: readonly string[],
  options: RemoveOptions = {},
): Promise<readonly CacheEntry[]> {
  return (await import('./remove-from-cache.ts')).removeFromCache(names, options)
}

/**
 * Reads every file of images, prepared images and templates, and compares it with its digest. What is outdated is left out:
 * nobody uses it.
 *
 * @throws FledgeError `ERR_FLEDGE_ABORTED`
 */
export async function verifyCache(
  options: { readonly signal?: AbortSignal } = {},
): Promise<readonly Verified[]> {
  return (await import('./verify-cache.ts')).verifyCache(options)
}
