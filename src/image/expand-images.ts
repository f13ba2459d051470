import { MisuseError } from '../errors.ts'
import { checkValue, listOfTexts } from '../util/check-options.ts'
import { hasEnded, imageCatalog } from './catalog/catalog.ts'
import type { CatalogEntry } from './catalog/catalog-entry.ts'
import { findEntry } from './catalog/official-image.ts'
import { debianReleases } from './debian-releases.ts'
import { minimal, minimalName, minimalSpellings, splitName } from './minimal-names.ts'
import { wantedImage } from './wanted-image.ts'

/** What a pattern is compared with. */
interface Candidate {
  readonly name: string
  readonly spellings: readonly string[]
  /** Neither past the end of its support nor before its beginning, and machines can be made of it. */
  readonly current: boolean
}

/**
 * Turns names with `*` into the names of all images that they match and that are supported today, and other names of
 * official images into their own. None is there twice.
 *
 * A pattern means official images, or, when it ends with `-minimal`, those from packages.
 *
 * Official images that no machine can be made of yet are left out of what a pattern matches.
 *
 * @throws MisuseError `ERR_FLEDGE_IMAGE_NOT_FOUND` for a name that no image has, and a pattern that matches none;
 * `ERR_FLEDGE_IMAGE_INVALID` for what cannot be used, and for a wrong `fledge.images.json`
 *
 * @example
 * expandImages(['ubuntu:lts', 'debian:*-minimal']) // ['ubuntu:26.04', 'debian:12-minimal', …]
 */
export function expandImages(names: readonly string[]): readonly string[] {
  checkValue('expandImages', 'names', names, listOfTexts)
  return [...new Set(names.flatMap(expand))]
}

function expand(name: string): readonly string[] {
  const [base] = splitName(name)
  const rest = name.slice(base.length)
  const isMinimal = base.endsWith(minimal)
  if (base.includes('*')) {
    const found = matches(name, base, isMinimal ? minimalCandidates() : imageCatalog().map(toCandidate))
    return found.map((each) => `${each}${rest}`)
  }
  // Whether there is such an image at all.
  wantedImage(name)
  return [isMinimal ? name : (findEntry(name)?.name ?? name)]
}

function matches(name: string, pattern: string, candidates: readonly Candidate[]): readonly string[] {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.+?()[\]{}|]/g, '\\$&'))
  const matcher = new RegExp(`^${parts.join('.*')}$`)
  const found = candidates.filter(({ spellings }) => spellings.some((each) => matcher.test(each)))
  const current = found.filter((each) => each.current)
  if (current.length > 0) return current.map((each) => each.name)
  throw new MisuseError('ERR_FLEDGE_IMAGE_NOT_FOUND', `Cannot find an image that "${name}" matches`, {
    hint:
      found.length > 0
        ? `Those that it matches are past their support, not out yet, or unofficial: ${found.map((each) => each.name).join(', ')}`
        : '"fledge images ls --all" lists all',
  })
}

function minimalCandidates(): readonly Candidate[] {
  return debianReleases.map((release) => ({
    name: minimalName(release),
    spellings: minimalSpellings(release),
    current: !hasEnded(release),
  }))
}

function toCandidate(entry: CatalogEntry): Candidate {
  return {
    name: entry.name,
    spellings: [entry.name, ...entry.aliases],
    current: !['preview', 'eol', 'unofficial'].includes(entry.status),
  }
}
