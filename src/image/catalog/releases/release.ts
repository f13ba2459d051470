import type { CatalogEntry } from '../catalog-entry.ts'

/** What is written by hand of an entry: all but its builds, which machines find. */
export type Release = Omit<CatalogEntry, 'builds'>
