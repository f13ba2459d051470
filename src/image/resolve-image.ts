import { MisuseError } from '../errors.ts'
import { findOfficialImage } from './catalog/official-image.ts'
import { debianReleases } from './debian-releases.ts'
import { imageNotFound } from './image-not-found.ts'
import type { ImageSpec } from './image.ts'
import { checkOptions, checkValue, type OptionCheck, type OptionChecks } from '../util/check-options.ts'
import { findMinimal, minimalName, splitName } from './minimal-names.ts'
import { mirrorUri } from './mirror-uri.ts'

/** What an image is made with, besides its name. */
export interface ResolveOptions {
  /** Extra packages. */
  readonly include?: readonly string[]
  /** The package mirror; `FLEDGE_MIRROR` by default, else the host's own. */
  readonly mirror?: string
}

/** A name may be any text: what it is not is told better than that it is empty. */
export const isText: OptionCheck = (value) => (typeof value === 'string' ? undefined : 'a text')

const resolveChecks: OptionChecks<ResolveOptions> = {
  include: (value) =>
    Array.isArray(value) && value.every((each) => typeof each === 'string') ? undefined : 'an array of names',
  mirror: isText,
}

/** The names of all images from packages, without the aliases. */
export function imageNames(): readonly string[] {
  return debianReleases.map(minimalName)
}

/**
 * Finds what the name of an image from packages means. Code names are as good as versions, and a `+` brings extra packages:
 * `debian:trixie-minimal+nginx,postgresql`.
 *
 * @throws MisuseError `ERR_FLEDGE_IMAGE_NOT_FOUND`, with the nearest names; `ERR_FLEDGE_IMAGE_INVALID`
 * when a package or the mirror has a name that cannot be, and for official images, which are not built from packages.
 */
export function resolveImage(name: string, options: ResolveOptions = {}): ImageSpec {
  checkValue('resolveImage', 'name', name, isText)
  checkOptions('resolveImage', options, resolveChecks)
  const [base, extra] = splitName(name)
  const release = findMinimal(base)
  if (!release) {
    const official = findOfficialImage(base)
    throw official ? isOfficial(name, official.entry.title) : imageNotFound(name, base)
  }
  const include = packageNames(name, [...(extra?.split(',') ?? []), ...(options.include ?? [])])
  const mirror = options.mirror ?? (process.env['FLEDGE_MIRROR'] || undefined)
  return {
    name: `${minimalName(release)}${include.length > 0 ? `+${include.join(',')}` : ''}`,
    distribution: 'debian',
    version: release.version,
    suite: release.suite,
    include,
    ...(mirror === undefined ? {} : { mirror: mirrorUri(mirror) }),
  }
}

function isOfficial(name: string, title: string): MisuseError {
  return new MisuseError(
    'ERR_FLEDGE_IMAGE_INVALID',
    `Cannot build "${name}": it is the official image of ${title}, which is downloaded`,
    { hint: `"fledge images pull ${name}" does that; "fledge images ls" lists what is built from packages` },
  )
}

function packageNames(image: string, names: readonly string[]): readonly string[] {
  const given = names.map((name) => name.trim())
  const wrong = given.find((name) => !/^[a-z0-9][a-z0-9+.-]+$/.test(name))
  if (wrong !== undefined) {
    throw new MisuseError(
      'ERR_FLEDGE_IMAGE_INVALID',
      `Cannot include "${wrong}" in "${image}": not a package name`,
      {
        hint: 'A package name has lower-case letters, digits, "+", "-" and "."; separate names with commas',
      },
    )
  }
  return [...new Set(given)].toSorted()
}
