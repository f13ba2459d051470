import { MisuseError } from '../../errors.ts'
import { imageCatalog } from './catalog.ts'
import type { Architecture, CatalogBuild, CatalogEntry } from './catalog-entry.ts'

/** What to download for a name, on this host. */
export interface OfficialImage {
  readonly entry: CatalogEntry
  readonly architecture: Architecture
  readonly build: CatalogBuild
}

const architectures: Readonly<Record<string, Architecture>> = { x64: 'x86_64', arm64: 'aarch64' }

/** This host's processor, as the catalog calls it. */
export function hostArchitecture(): Architecture {
  // No distribution has images for others, which their own names tell best.
  return architectures[process.arch] ?? (process.arch as Architecture)
}

/** The entry of a name or an alias. */
export function findEntry(name: string): CatalogEntry | undefined {
  return imageCatalog().find((entry) => entry.name === name || entry.aliases.includes(name))
}

/**
 * Finds the official image of a name or an alias, in its build for a processor: this host's by default.
 *
 * @returns nothing when there is none of that name
 * @throws MisuseError `ERR_FLEDGE_IMAGE_NOT_FOUND` when it is not published for that processor;
 * `ERR_FLEDGE_IMAGE_INVALID` for a wrong `fledge.images.json`
 */
export function findOfficialImage(
  name: string,
  architecture: Architecture = hostArchitecture(),
): OfficialImage | undefined {
  const entry = findEntry(name)
  if (!entry) return undefined
  const build = entry.builds[architecture]
  if (build) return { entry, architecture, build }
  throw new MisuseError(
    'ERR_FLEDGE_IMAGE_NOT_FOUND',
    `Cannot find "${name}" for ${architecture}: ${entry.title} has images for ${Object.keys(entry.builds).join(' and ')}`,
    { hint: 'A build of your own can be named in fledge.images.json; docs/images.md shows how' },
  )
}
