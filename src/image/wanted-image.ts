import { MisuseError } from '../errors.ts'
import { checkValue } from '../util/check-options.ts'
import type { Traits } from './catalog/catalog-entry.ts'
import { findOfficialImage } from './catalog/official-image.ts'
import { parseImageSource } from './download/image-source.ts'
import { imageNotFound } from './image-not-found.ts'
import type { CpuLevel, ImageSpec } from './image.ts'
import { findMinimal, splitName } from './minimal-names.ts'
import { allNoisyUnits } from './noisy-units.ts'
import { isText, resolveImage } from './resolve-image.ts'

/** What the name of a machine's image means: packages to build one of, or a disk that somebody made. */
export type WantedImage =
  | { readonly kind: 'packages'; readonly spec: ImageSpec }
  | ({
      readonly kind: 'disk'
      /** The simplest that it boots by; of one's own disk nothing is known. */
      readonly firmware: 'bios' | 'uefi'
    } & Pick<Traits, 'cpu' | 'noisyUnits' | 'channel'>)

/** The processor of a disk of which nothing is known: old enough to be emulated quickly, new enough for most. */
const usualCpu: CpuLevel = 'x86-64-v2'

/**
 * Finds what the name of an image means, and whether machines can be made of it; touches nothing.
 *
 * @param include extra packages, which only images from packages can have
 * @throws MisuseError `ERR_FLEDGE_IMAGE_NOT_FOUND`, `ERR_FLEDGE_IMAGE_INVALID`
 */
export function wantedImage(name: string, include: readonly string[] = []): WantedImage {
  checkValue('an image', 'name', name, isText)
  const [base, extra] = splitName(name)
  const isOwn = parseImageSource(name) !== undefined
  if (!isOwn && findMinimal(base)) return { kind: 'packages', spec: resolveImage(name, { include }) }
  const official = isOwn ? undefined : findOfficialImage(base)
  if (!isOwn && !official) throw imageNotFound(name, base)
  if (include.length > 0 || (official && extra !== undefined)) {
    throw invalid(name, 'packages are only built into images from packages', 'debian:13-minimal+nginx')
  }
  if (!official) {
    return { kind: 'disk', cpu: usualCpu, noisyUnits: allNoisyUnits(), channel: 'agent', firmware: 'bios' }
  }
  const { cpu, noisyUnits, channel } = official.entry.traits
  const firmware = official.entry.firmware.includes('bios') ? 'bios' : 'uefi'
  return { kind: 'disk', cpu, noisyUnits, channel, firmware }
}

function invalid(name: string, why: string, instead: string): MisuseError {
  return new MisuseError('ERR_FLEDGE_IMAGE_INVALID', `Cannot use the image "${name}": ${why}`, {
    hint: `Use one as "${instead}"; "fledge images ls --all" lists all`,
  })
}
