import { existsSync, readFileSync } from 'node:fs'

import type { CatalogEntry } from './catalog/catalog-entry.ts'

let entries: readonly CatalogEntry[] | undefined

/**
 * The catalog that comes with fledge, read from where the build wrote it: beside this code when installed, in `dist` of a working
 * copy. As a file it costs nothing to those who do not need it.
 */
export function builtInCatalog(): readonly CatalogEntry[] {
  if (entries) return entries
  const [installed, built] = ['../catalog.json', '../../dist/catalog.json'].map(
    (place) => new URL(place, import.meta.url),
  ) as [URL, URL]
  entries = JSON.parse(
    readFileSync(existsSync(installed) ? installed : built, 'utf8'),
  ) as readonly CatalogEntry[]
  return entries
}
