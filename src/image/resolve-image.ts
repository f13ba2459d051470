import leven from 'leven'

import { MisuseError } from '../errors.ts'
import { debianReleases } from './debian-releases.ts'
import type { ImageSpec } from './image.ts'
import { checkOptions, checkValue, type OptionCheck, type OptionChecks } from '../util/check-options.ts'
import { mirrorUri } from './mirror-uri.ts'

const variant = '-minimal'

/** What an image is made with, besides its name. */
export interface ResolveOptions {
  /** Extra packages. */
  readonly include?: readonly string[]
  /** The package mirror; `FLEDGE_MIRROR` by default, else the host's own. */
  readonly mirror?: string
}

const isText: OptionCheck = (value) => (typeof value === 'string' ? undefined : 'a text')

const resolveChecks: OptionChecks<ResolveOptions> = {
  include: (value) =>
    Array.isArray(value) && value.every((each) => typeof each === 'string') ? undefined : 'an array of names',
  mirror: isText,
}

/** The names of all images, without the aliases. */
export function imageNames(): readonly string[] {
  return debianReleases.map((release) => `debian:${release.version}${variant}`)
}

/**
 * Finds what an image's name means. Code names are as good as versions, and a `+` brings extra packages:
 * `debian:trixie-minimal+nginx,postgresql`.
 *
 * @throws MisuseError `ERR_FLEDGE_IMAGE_NOT_FOUND`, with the nearest names; `ERR_FLEDGE_IMAGE_INVALID`
 * when a package or the mirror has a name that cannot be.
 */
export function resolveImage(name: string, options: ResolveOptions = {}): ImageSpec {
  checkValue('resolveImage', 'name', name, isText)
  checkOptions('resolveImage', options, resolveChecks)
  const [base = '', extra] = splitOnce(name, '+')
  const release = debianReleases.find(({ version, aliases }) =>
    [version, ...aliases].some((spelling) => base === `debian:${spelling}${variant}`),
  )
  if (!release) throw notFound(name, base)
  const include = packageNames(name, [...(extra?.split(',') ?? []), ...(options.include ?? [])])
  const mirror = options.mirror ?? (process.env['FLEDGE_MIRROR'] || undefined)
  return {
    name: `debian:${release.version}${variant}${include.length > 0 ? `+${include.join(',')}` : ''}`,
    distribution: 'debian',
    version: release.version,
    suite: release.suite,
    include,
    ...(mirror === undefined ? {} : { mirror: mirrorUri(mirror) }),
  }
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)]
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

function notFound(name: string, base: string): MisuseError {
  const near = nearest(base)
  const meant = near.length > 0 ? `Did you mean ${near.map((one) => `"${one}"`).join(' or ')}? ` : ''
  return new MisuseError('ERR_FLEDGE_IMAGE_NOT_FOUND', `Cannot find an image named "${name}"`, {
    hint: `${meant}The images are ${imageNames().join(', ')}`,
  })
}

/** At most two canonical names, near in spelling to the name as it is, in lower case, or with `-minimal`. */
function nearest(base: string): readonly string[] {
  const given = base.toLowerCase().trim()
  const spellings = debianReleases.flatMap(({ version, aliases }) =>
    [version, ...aliases].flatMap((spelling) => {
      const canonical = `debian:${version}${variant}`
      const forms = [`debian:${spelling}${variant}`, `debian:${spelling}`, `debian${spelling}`, spelling]
      return forms.map((form) => ({ canonical, distance: leven(given, form) }))
    }),
  )
  const best = Math.min(...spellings.map(({ distance }) => distance))
  if (best > Math.max(2, given.length / 3)) return []
  return [
    ...new Set(spellings.filter(({ distance }) => distance === best).map(({ canonical }) => canonical)),
  ].slice(0, 2)
}
