import type { CatalogEntry } from '../catalog-entry.ts'
import type { ImageUpdate } from './look-for-update.ts'
import type { UpdateImagesOptions } from './update-images.ts'

// Who launches a machine needs none of this: it is loaded when it is used.

/**
 * Looks for newer builds of official images where their distributions publish them, checks what they sign, and pins the
 * builds in a project's `fledge.images.json`, which keeps what it has of others. One that fails ends no other.
 *
 * @param entries of the catalog
 * @returns what came of each image for each architecture
 * @throws MisuseError `ERR_FLEDGE_IMAGE_NOT_FOUND` for a name that no entry has, `ERR_FLEDGE_IMAGE_INVALID` for a file that
 * cannot be used; EnvironmentError `ERR_FLEDGE_OFFLINE` while `FLEDGE_OFFLINE` is set; FledgeError `ERR_FLEDGE_ABORTED`
 *
 * @example
 * const updates = await updateImages(entries, { names: ['debian:13'], dryRun: true })
 */
export async function updateImages(
  entries: readonly CatalogEntry[],
  options: UpdateImagesOptions = {},
): Promise<readonly ImageUpdate[]> {
  return (await import('./update-images.ts')).updateImages(entries, options)
}
