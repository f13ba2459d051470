import type { Builds } from './builds.ts'
import builds from './builds.json' with { type: 'json' }
import type { CatalogEntry } from './catalog-entry.ts'
import { allReleases } from './releases/all.ts'

/** The catalog that comes with fledge, put together. The build writes it to `dist/catalog.json`. */
export function builtInEntries(): readonly CatalogEntry[] {
  const all = builds as Builds
  return allReleases().map((release) => ({ ...release, builds: all[release.name] ?? {} }))
}
