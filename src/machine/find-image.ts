import { MisuseError } from '../errors.ts'
import type { CloudImage } from '../image/cloud/cloud-image.ts'
import { pullImage } from '../image/download/on-demand.ts'
import { ensureImage } from '../image/ensure-image.ts'
import type { PreparedImage } from '../image/image.ts'
import { prepareImage } from '../image/prepare-image.ts'
import { diskBytes } from '../image/recipe/file-system.ts'
import { wantedImage } from '../image/wanted-image.ts'
import type { PrepareCloudOptions } from '../template/prepare-cloud-image.ts'
import type { DiskGiB, NormalLaunchOptions } from './launch-options.ts'

/** What a name means, before anything is built or booted for it. */
export interface FoundImage {
  /** Bytes of the machine's disk. */
  readonly diskSize: number
  /** The disk that somebody made, where it is one. */
  readonly cloud?: CloudImage
  /** What the image needs, unless something else is asked for. */
  readonly firmware: 'bios' | 'uefi'
  /** Builds or boots what has to be, once. */
  readonly prepare: (options: PrepareCloudOptions) => Promise<PreparedImage>
}

/**
 * Finds the image of a name: what to build from packages, or an official disk or one of the user's own. A disk that is not
 * here is downloaded.
 *
 * @throws MisuseError `ERR_FLEDGE_IMAGE_NOT_FOUND`, `ERR_FLEDGE_IMAGE_INVALID`; `ERR_FLEDGE_OPTION` for a disk that is too small;
 * what `pullImage` throws
 */
export async function findImage(
  name: string,
  {
    packages,
    diskGiB,
    firmware,
    channel,
    signal,
  }: Pick<NormalLaunchOptions, 'packages' | 'diskGiB' | 'firmware' | 'channel' | 'signal'>,
): Promise<FoundImage> {
  const wanted = wantedImage(name, packages)
  const abort = signal === undefined ? {} : { signal }
  if (wanted.kind === 'packages') {
    const { spec } = wanted
    if (firmware === 'secure-boot') throw unsigned(spec.name)
    if (channel === 'ssh') throw hasAgent(spec.name)
    return {
      firmware: 'bios',
      diskSize: diskSize(spec.name, diskBytes, diskGiB),
      prepare: async () => prepareImage(await ensureImage(spec, abort), undefined, abort),
    }
  }
  if (channel === 'agent' && wanted.channel === 'ssh') throw takesNoAgent(name)
  // Loaded for those who have such a disk: it takes time.
  const { cloudDiskBytes } = await import('../template/seeded-machine.ts')
  const prepare =
    channel === 'ssh' || wanted.channel === 'ssh'
      ? (await import('../template/prepare-ssh-image.ts')).prepareSshImage
      : (await import('../template/prepare-cloud-image.ts')).prepareCloudImage
  const { name: fullName, disk: path, format, digest } = await pullImage(name, abort)
  const { cpu, noisyUnits } = wanted
  const image = { name: fullName, key: digest, disk: { path, format }, cpu, noisyUnits }
  return {
    firmware: wanted.firmware,
    diskSize: diskSize(fullName, await cloudDiskBytes(image), diskGiB),
    cloud: image,
    prepare: (options) => prepare(image, options),
  }
}

/** The kernel of an image from packages is started without the loader that vouches for it. */
function unsigned(name: string): MisuseError {
  return new MisuseError(
    'ERR_FLEDGE_OPTION',
    `Cannot use the firmware "secure-boot": the kernel of "${name}" is started directly, and no key of the firmware has signed it`,
    { hint: 'Use an official image, as "debian:13"' },
  )
}

function hasAgent(name: string): MisuseError {
  return new MisuseError(
    'ERR_FLEDGE_OPTION',
    `Cannot use the channel "ssh" for "${name}": it is built with the agent in it`,
    { hint: 'Leave the channel out, or use an official image or a disk of your own, as "debian:13"' },
  )
}

function takesNoAgent(name: string): MisuseError {
  return new MisuseError(
    'ERR_FLEDGE_OPTION',
    `Cannot use the channel "agent" for "${name}": its system cannot run the agent`,
    { hint: 'Leave the channel out; it is asked over SSH' },
  )
}

/** A wish for a smaller disk than the image's is refused before anything is built or booted. */
function diskSize(name: string, bytes: number, diskGiB: DiskGiB | undefined): number {
  if (diskGiB === undefined) return bytes
  const size = Number(diskGiB) * 2 ** 30
  if (typeof diskGiB === 'string') return bytes + size
  if (size >= bytes) return size
  throw new MisuseError(
    'ERR_FLEDGE_OPTION',
    `Cannot use a disk of ${diskGiB} GiB: that of the image "${name}" has ${bytes / 2 ** 30} GiB`,
    { hint: 'Ask for as much or more, or for more than it has, as "+2", by "diskGiB" or "--disk"' },
  )
}
