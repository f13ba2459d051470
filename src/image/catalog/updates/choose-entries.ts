import { MisuseError } from '../../../errors.ts'
import { suggest } from '../../../util/check-options.ts'
import type { Architecture, CatalogEntry } from '../catalog-entry.ts'

/**
 * The entries of names and aliases, each once; all when no name is given.
 *
 * @throws MisuseError `ERR_FLEDGE_IMAGE_NOT_FOUND`
 */
export function chooseEntries(
  entries: readonly CatalogEntry[],
  names: readonly string[],
): readonly CatalogEntry[] {
  if (names.length === 0) return entries
  return [...new Set(names.map((name) => entryOf(entries, name)))]
}

/** The architectures that an entry has builds for; it may have none yet. */
export function architecturesOf({ builds }: CatalogEntry): readonly Architecture[] {
  const known = (['x86_64', 'aarch64'] as const).filter((architecture) => builds[architecture] !== undefined)
  return known.length > 0 ? known : ['x86_64']
}

function entryOf(entries: readonly CatalogEntry[], name: string): CatalogEntry {
  const found = entries.find((entry) => entry.name === name || entry.aliases.includes(name))
  if (found !== undefined) return found
  const known = entries.flatMap((entry) => [entry.name, ...entry.aliases])
  throw new MisuseError('ERR_FLEDGE_IMAGE_NOT_FOUND', `There is no official image "${name}"`, {
    hint: suggest(name, known),
  })
}
