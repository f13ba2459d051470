import { MisuseError } from '../errors.ts'
import type { CatalogEntry } from './catalog/catalog-entry.ts'
import { findMinimal, minimal, minimalName } from './minimal-names.ts'

/** The error of an official image that is wanted for a machine. */
export function officialNotYet(name: string, { name: full, title, aliases }: CatalogEntry): MisuseError {
  const release = [full, ...aliases].map((each) => findMinimal(`${each}${minimal}`)).find(Boolean)
  return new MisuseError(
    'ERR_FLEDGE_IMAGE_INVALID',
    `Cannot use "${name}": fledge knows the official image of ${title}, but cannot start official images yet`,
    {
      hint: release
        ? `Use "${minimalName(release)}", which is built from packages`
        : '"fledge images ls" lists the images that can be started',
    },
  )
}
