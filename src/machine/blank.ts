import { MisuseError } from '../errors.ts'
import type { FoundImage } from './find-image.ts'
import type { NormalLaunchOptions } from './launch-options.ts'

/** The name for a machine without an image: its disk is empty. */
export const blankName = 'blank'

const usualGiB = 8

/**
 * The "image" of a machine whose disk is empty. There is nothing to build, boot beforehand or clone.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` for what such a machine cannot have
 */
export function findBlank({ diskGiB, channel, packages }: NormalLaunchOptions): FoundImage {
  if (channel !== 'none') {
    throw new MisuseError(
      'ERR_FLEDGE_OPTION',
      'Cannot launch "blank" otherwise than with the channel "none"',
      {
        hint: 'An empty disk has no guest agent, so add { cold: true, channel: "none" }; console, screen and monitor work',
      },
    )
  }
  if (packages.length > 0) {
    throw new MisuseError('ERR_FLEDGE_OPTION', 'Cannot include packages in "blank": its disk is empty')
  }
  const usual = typeof diskGiB === 'string' ? usualGiB : 0
  const diskBytes = (usual + Number(diskGiB ?? usualGiB)) * 2 ** 30
  return {
    firmware: 'bios',
    diskSize: diskBytes,
    prepare: async () => ({
      ...{ name: blankName, key: blankName, folder: '', cpu: 'x86-64-v2', agentDigest: '' },
      ...{ disk: [], diskBytes },
    }),
  }
}
