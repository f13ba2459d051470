import { builtInCatalog } from '../built-in-catalog.ts'
import type { CatalogEntry } from './catalog-entry.ts'
import { readProjectBuilds } from './project-builds.ts'

/**
 * All official images that are known, by distribution, oldest first: those that come with fledge, with the builds that
 * `fledge.images.json` in the working directory has instead of some. `status` is that of today: `eol` from the day on
 * that follows the end of life.
 *
 * @throws MisuseError `ERR_FLEDGE_IMAGE_INVALID` when that file is wrong
 *
 * @example
 * const urls = imageCatalog().map(({ name, builds }) => `${name} ${builds.x86_64?.url}`)
 */
export function imageCatalog(): readonly CatalogEntry[] {
  const entries = builtInCatalog()
  const own = readProjectBuilds(entries.map(({ name }) => name))
  return entries.map((entry) => {
    const builds = { ...entry.builds, ...own[entry.name] }
    return { ...entry, builds, ...(hasEnded(entry) ? { status: 'eol' } : {}) }
  })
}

/** Whether the day on which support ends is over, by the clock of this host. */
export function hasEnded({ endOfLife }: { readonly endOfLife?: string }, now: Date = new Date()): boolean {
  return endOfLife !== undefined && endOfLife < now.toISOString().slice(0, 10)
}
