import leven from 'leven'

import { MisuseError } from '../errors.ts'
import { imageCatalog } from './catalog/catalog.ts'
import { debianReleases } from './debian-releases.ts'
import { findMinimal, minimal, minimalName, minimalSpellings } from './minimal-names.ts'

/** A spelling, and the name of the image that it would mean. */
interface Spelling {
  readonly form: string
  readonly name: string
}

/** The error of a name that nothing has, with the nearest that something has. */
export function imageNotFound(name: string, base: string): MisuseError {
  const near = nearest(base)
  const meant = near.length > 0 ? `Did you mean ${near.map((one) => `"${one}"`).join(' or ')}? ` : ''
  const names = debianReleases.map(minimalName).join(', ')
  if (base.includes('*')) {
    return new MisuseError('ERR_FLEDGE_IMAGE_NOT_FOUND', `Cannot find one image named "${name}"`, {
      hint: 'A "*" stands for several images, in matrix() and in "fledge test --image"',
    })
  }
  return new MisuseError('ERR_FLEDGE_IMAGE_NOT_FOUND', `Cannot find an image named "${name}"`, {
    hint: `${meant}The images are ${names}; "fledge images ls --all" lists official ones too`,
  })
}

/**
 * At most two names, near in spelling to what was given: as it is, in lower case, or with `-minimal`. What only has more
 * behind it is nearer than the rest.
 */
function nearest(base: string): readonly string[] {
  const given = base.toLowerCase().trim()
  const spellings = [...ofMinimal(), ...ofOfficial()].map(({ form, name }) => ({
    name,
    distance: leven(given, form) - (form.startsWith(given) ? 0.5 : 0),
  }))
  const best = Math.min(...spellings.map(({ distance }) => distance))
  if (best > Math.max(2, given.length / 3)) return []
  const names = spellings.filter(({ distance }) => distance === best).map(({ name }) => name)
  return [...new Set(names)].slice(0, 2)
}

function ofMinimal(): readonly Spelling[] {
  return debianReleases.flatMap((release) =>
    minimalSpellings(release).flatMap((spelling) => {
      const short = spelling.slice(0, -minimal.length)
      const forms = [spelling, short, short.replace(':', ''), short.slice(short.indexOf(':') + 1)]
      return forms.map((form) => ({ form, name: minimalName(release) }))
    }),
  )
}

function ofOfficial(): readonly Spelling[] {
  return imageCatalog().flatMap(({ name, aliases }) =>
    [name, ...aliases].flatMap((spelling) => {
      const withMinimal = `${spelling}${minimal}`
      const forms = [spelling, spelling.replace(':', ''), ...(findMinimal(withMinimal) ? [] : [withMinimal])]
      return forms.map((form) => ({ form, name }))
    }),
  )
}
