import type { PulledImage, PullOptions } from './pull-image.ts'

// Who launches a machine that is in the cache needs none of this: it is loaded when it is used.

/**
 * Finds a disk in the cache, or downloads it: an official image, as `debian:13`, or one of your own, as
 * `https://…/disk.qcow2#sha256=…`. The path of a file, as `./disk.qcow2`, is looked at, and used where it is.
 *
 * @throws EnvironmentError `ERR_FLEDGE_DOWNLOAD`, `ERR_FLEDGE_DIGEST`, `ERR_FLEDGE_OFFLINE`, `ERR_FLEDGE_TOOL_MISSING`,
 * `ERR_FLEDGE_DISK_FULL` or `ERR_FLEDGE_CACHE`; MisuseError `ERR_FLEDGE_IMAGE_NOT_FOUND` or `ERR_FLEDGE_IMAGE_INVALID`;
 * FledgeError `ERR_FLEDGE_ABORTED`
 *
 * @example
 * const { disk, format } = await pullImage(`https://images.example.org/appliance.qcow2#sha256=${sha256}`)
 */
export async function pullImage(name: string, options: PullOptions = {}): Promise<PulledImage> {
  return (await import('./pull-image.ts')).pullImage(name, options)
}
