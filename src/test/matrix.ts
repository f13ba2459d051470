import type { PlaywrightTestProject } from '@playwright/test'

import { expandImages, MisuseError } from '../index.ts'
import { anything, checkOptions, checkValue, listOfTexts } from '../util/check-options.ts'
import { machineChecks, type MachineOptions } from './machine-options.ts'

/** Images to run all tests on, and the other options of their machines. */
export interface MatrixOptions extends Partial<Omit<MachineOptions, 'image'>> {
  /** One project each, named after it. A `*` stands for all that are supported: `debian:*-minimal`. */
  readonly image: readonly string[]
}

/**
 * Turns images into the projects of a Playwright configuration, so that every test runs on each of them.
 *
 * A file that sets `image` itself, by `test.use`, runs on that image in every project: leave it out there.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` when there is no image, or one stands twice; `ERR_FLEDGE_IMAGE_NOT_FOUND` for a
 * `*` that nothing matches
 *
 * @example
 * export default defineConfig({
 *   projects: matrix({ image: ['debian:12-minimal', 'debian:13-minimal'], memoryMiB: 2048 }),
 * })
 */
export function matrix(options: MatrixOptions): PlaywrightTestProject[] {
  checkOptions('matrix', options, { ...machineChecks, image: anything })
  const { image: images, ...use } = options
  checkValue('matrix', 'image', images, (value) =>
    Array.isArray(value) && value.length > 0 && listOfTexts(value) === undefined
      ? undefined
      : 'an array of image names',
  )
  const twice = images.find((image, index) => images.indexOf(image) !== index)
  if (twice !== undefined) {
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot make a matrix with "${twice}" twice`)
  }
  return expandImages(images).map((image) => {
    const own: Partial<MachineOptions> = { ...use, image }
    // Playwright's type of a project knows only the options of browsers.
    return { name: image, use: own as NonNullable<PlaywrightTestProject['use']> }
  })
}
