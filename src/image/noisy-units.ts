import { builtInCatalog } from './built-in-catalog.ts'

/** The units that get in the way of tests on any of the systems that fledge knows: for a disk of which nothing is known. */
export function allNoisyUnits(): readonly string[] {
  return [...new Set(builtInCatalog().flatMap(({ traits }) => traits.noisyUnits))]
}
