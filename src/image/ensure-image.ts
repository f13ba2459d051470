import { join } from 'node:path'

import { cacheFolder } from '../util/cache-folder.ts'
import {
  abortSignal,
  checkOptions,
  checkValue,
  text,
  trueOrFalse,
  listOfTexts,
  oneOf,
  type OptionChecks,
} from '../util/check-options.ts'
import { step } from '../util/progress.ts'
import { explainBuildError } from './explain-build-error.ts'
import { folderInCache } from '../util/folder-in-cache.ts'
import type { Image, ImageSpec } from './image.ts'
import { folderName, lookupKey } from './image-key.ts'
import { openImage } from './image-manifest.ts'
import { recipeDigest } from './recipe/recipe.ts'

/** How an image is looked for. */
export interface EnsureImageOptions {
  readonly signal?: AbortSignal
  /** Builds it again, with the packages that the mirror has now. */
  readonly refresh?: boolean
}

const imageChecks: OptionChecks<EnsureImageOptions> = { signal: abortSignal, refresh: trueOrFalse }

const specChecks: OptionChecks<ImageSpec> = {
  name: text,
  distribution: oneOf('debian'),
  version: text,
  suite: text,
  include: listOfTexts,
  mirror: text,
}

/** Where the image of a name is, or would be. */
export function imageFolder(spec: ImageSpec): string {
  return join(cacheFolder(), 'images', folderName(spec.name, lookupKey(spec, recipeDigest(spec.suite))))
}

/**
 * Finds an image in the cache, or builds it. What is in the cache is used as it is, however old: the
 * mirror is asked only to build, and to `refresh`.
 *
 * @throws EnvironmentError `ERR_FLEDGE_MIRROR`, `ERR_FLEDGE_TOOL_MISSING`, `ERR_FLEDGE_DISK_FULL`,
 * `ERR_FLEDGE_CACHE` or `ERR_FLEDGE_IMAGE_BUILD`; MisuseError `ERR_FLEDGE_IMAGE_BUILD` for an unknown package;
 * FledgeError `ERR_FLEDGE_ABORTED`. Nothing half made is left behind.
 */
export async function ensureImage(spec: ImageSpec, options: EnsureImageOptions = {}): Promise<Image> {
  checkSpec(spec)
  checkOptions('ensureImage', options, imageChecks)
  const { signal, refresh = false } = options
  const folder = imageFolder(spec)
  try {
    signal?.throwIfAborted()
    const found = refresh ? undefined : await openImage(folder)
    if (found) return found
    // Loaded for the few who build: every launch comes by here.
    const [{ buildImage }, { removeInNamespaces }] = await Promise.all([
      import('./build-image.ts'),
      import('./in-namespaces.ts'),
    ])
    return await step(`building ${spec.name}`, (update) =>
      folderInCache({
        folder,
        refresh,
        read: openImage,
        fill: (partial, bounded) => buildImage(spec, partial, { update, signal: bounded }),
        remove: removeInNamespaces,
        onWait: () => update('waiting for another process that builds it'),
        ...(signal === undefined ? {} : { signal }),
      }),
    )
  } catch (error) {
    throw explainBuildError(error, spec.name, signal)
  }
}

/** It is made by `resolveImage`; who gives a name instead has to be told. */
function checkSpec(spec: ImageSpec): void {
  checkOptions('the image of ensureImage', spec, specChecks)
  const { mirror: _, ...needed } = specChecks
  for (const [key, check] of Object.entries(needed)) {
    checkValue('the image of ensureImage', key, spec[key as keyof ImageSpec], check)
  }
}
