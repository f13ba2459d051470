import { givenOwner } from '../owner/remote/given-owner.ts'
import type { RemoteOwner } from '../owner/remote/remote-owner.ts'
import { timeFactor } from '../util/time-factor.ts'
import { normalizeLaunchOptions, type LaunchOptions, type NormalLaunchOptions } from './launch-options.ts'
import type { Machine } from './machine.ts'
import { planShares } from './shares.ts'
import { startClone, startCold } from './start-machine.ts'
import { templateFor, templateSpec } from './template-for.ts'

/**
 * Starts a fresh machine: a clone of the image's template, which is built, booted and frozen first where that has not
 * been done. It has its own time, randomness, name and address, and its shares are mounted, or copied where the guest's kernel
 * has no 9p. With `cold` it boots instead.
 *
 * @param image a name as `debian:13-minimal`, which `fledge images ls --all` lists; the path of a disk with cloud-init in it, as
 *   `./disk.qcow2`; or its address with `#sha256=` and the digest.
 *   `blank` is a machine with an empty disk, for `cold` and the channel `none`
 * @param options `timeoutMs` (default 30,000, ten times that when emulated) bounds the clone or the boot, not the making of the
 *   template; shares that are copied have 15 minutes where none is given
 *
 * @throws MisuseError `ERR_FLEDGE_IMAGE_NOT_FOUND`, `ERR_FLEDGE_OPTION`, `ERR_FLEDGE_SHARE_SOURCE`,
 * `ERR_FLEDGE_SHARE_TARGET`; EnvironmentError `ERR_FLEDGE_TOOL_MISSING`, `ERR_FLEDGE_MIRROR`,
 * `ERR_FLEDGE_ACCELERATOR`, `ERR_FLEDGE_CLONE` and others; GuestError `ERR_FLEDGE_BAKE` for an image that does not boot,
 * `ERR_FLEDGE_BOOT` for a cold machine that does not, `ERR_FLEDGE_COPY` for a share that cannot be copied
 *
 * @example
 * await using vm = await launch('debian:13-minimal', { shares: { '/mnt/dist': './dist' } })
 * console.log((await vm.succeed('ls /mnt/dist')).stdout)
 */
export async function launch(image: string, options: LaunchOptions = {}): Promise<Machine> {
  const normal = normalizeLaunchOptions(options)
  const owner = await holderOf(normal)
  if (owner) return (await import('./launch-remotely.ts')).launchRemotely(owner, image, options)
  // What cannot be shared is told before anything is built or booted.
  await planShares(normal.shares)
  return normal.cold
    ? startCold(await templateSpec(image, normal), normal)
    : startClone(await templateFor(image, normal), normal)
}

/**
 * Makes the template of an image, so that later launches need not wait for it.
 *
 * @param options those of {@link launch} that templates differ by: `memoryMiB`, `cpus`, `diskGiB`, `firmware`, `channel`, `accelerator`,
 *   `include`; with `cold`, only the image is made
 * @returns what machines of it run under, and whether it was there already
 */
export async function prepare(image: string, options: LaunchOptions = {}): Promise<Prepared> {
  const normal: NormalLaunchOptions = normalizeLaunchOptions(options)
  const owner = await givenOwner()
  if (owner) return (await import('./launch-remotely.ts')).prepareRemotely(owner, image, options)
  await planShares(normal.shares)
  if (normal.cold) {
    const { image: prepared, accelerator } = await templateSpec(image, normal)
    return { image: prepared.name, accelerator, timeFactor: timeFactor(accelerator) }
  }
  const { template } = await templateFor(image, normal)
  const { manifest, reused } = template
  const { accelerator } = manifest.chassis
  return {
    image: manifest.image,
    accelerator,
    timeFactor: timeFactor(accelerator),
    reused,
    bootMs: manifest.bootMs,
  }
}

/** Who holds the machine, if not this process. */
async function holderOf({ keep }: NormalLaunchOptions): Promise<RemoteOwner | undefined> {
  const given = await givenOwner()
  if (given || keep !== true) return given
  return (await import('../owner/remote/reach-owner.ts')).reachOwner()
}

/** What {@link prepare} found or made. */
export interface Prepared {
  /** The image's full name. */
  readonly image: string
  readonly accelerator: 'kvm' | 'tcg'
  /** What default time limits are multiplied with under that accelerator. */
  readonly timeFactor: number
  /** Whether the template stood in the cache already; a cold machine has none. */
  readonly reused?: boolean
  /** Milliseconds of the template's one boot: until the guest answered, and until it was idle. */
  readonly bootMs?: { readonly agent: number; readonly idle: number }
}
