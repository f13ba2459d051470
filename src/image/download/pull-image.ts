import { MisuseError } from '../../errors.ts'
import { abortSignal, checkOptions, checkValue, type OptionChecks, text } from '../../util/check-options.ts'
import type { DiskFormat } from './disk-format.ts'
import { findMinimal } from '../minimal-names.ts'
import { imageNotFound } from '../image-not-found.ts'
import { downloadImage } from './download-image.ts'
import { parseImageSource } from './image-source.ts'
import { openOwnFile } from './own-file.ts'

/** How an image is pulled. */
export interface PullOptions {
  readonly signal?: AbortSignal
}

/** A disk as its distribution publishes it, or the user's own. Nothing may write to its file. */
export interface PulledImage {
  readonly name: string
  /** The path of the disk's file. */
  readonly disk: string
  readonly format: DiskFormat
  /** What it is known by: it is another one when the file is. */
  readonly digest: string
}

const pullChecks: OptionChecks<PullOptions> = { signal: abortSignal }

/** Finds or downloads a disk; see the same in `on-demand.ts`. */
export async function pullImage(name: string, options: PullOptions = {}): Promise<PulledImage> {
  checkValue('pullImage', 'name', name, text)
  checkOptions('pullImage', options, pullChecks)
  const source = parseImageSource(name)
  if (source?.kind === 'file') return openOwnFile(source.path, name)
  if (source) return downloadImage(source.name, source.build, options)
  const { findOfficialImage } = await import('../catalog/official-image.ts')
  const official = findOfficialImage(name)
  if (!official) throw notFound(name)
  const { bytes, noDigest, ...build } = official.build
  // What changes at its address changes its size too.
  const size = bytes === undefined || noDigest === 'rolling' ? {} : { bytes }
  return downloadImage(official.entry.name, { ...build, ...size }, options)
}

function notFound(name: string): MisuseError {
  if (!findMinimal(name)) return imageNotFound(name, name)
  return new MisuseError('ERR_FLEDGE_IMAGE_NOT_FOUND', `Cannot download "${name}": it is built here`, {
    hint: `"fledge images build ${name}" does it`,
  })
}
