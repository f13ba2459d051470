import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { chooseAccelerator } from '../qemu/accelerator.ts'
import { qemuCapabilities } from '../qemu/capabilities.ts'
import { cacheFolder } from '../util/cache-folder.ts'
import { makeFolder } from '../util/make-folder.ts'
import { step } from '../util/progress.ts'
import { unfinished } from '../util/unfinished.ts'
import { findImage } from './find-image.ts'
import { normalizeLaunchOptions, type LaunchOptions } from './launch-options.ts'

/** How long first boots of an official image took, in milliseconds from the start of QEMU. */
export interface PreparationTimes {
  /** fledge's: until the agent is in it and it is off. */
  readonly prepared: number
  /** The stock image's own: until all of cloud-init is done, after `multi-user.target`. */
  readonly stock: number
}

/**
 * Boots an official image, or a disk of one's own, for the first time: as it is, and as it is prepared. Both are thrown away.
 *
 * @returns nothing for an image from packages, which is not prepared by booting it
 * @throws GuestError `ERR_FLEDGE_BAKE` when it does not come up
 */
export async function measurePreparation(
  image: string,
  options: Pick<LaunchOptions, 'accelerator' | 'signal'> = {},
): Promise<PreparationTimes | undefined> {
  const normal = normalizeLaunchOptions(options)
  const { cloud } = await findImage(image, normal)
  if (!cloud) return undefined
  const { timePreparation, timeStockBoot } = await import('../template/time-first-boot.ts')
  const qemu = await qemuCapabilities()
  const accelerator = await chooseAccelerator(qemu, normal.accelerator)
  const prepared = join(cacheFolder(), 'prepared')
  await makeFolder(prepared)
  const inFolder = async (
    title: string,
    work: (folder: string, update: (detail: string) => void) => Promise<number>,
  ) => {
    // Named as a prepared image that is being made, so that what a killed process leaves is swept as such.
    const folder = await mkdtemp(join(prepared, `.partial-measured-${process.pid}-`))
    using _swept = unfinished(folder)
    try {
      return await step(title, (update) => work(folder, update))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  const signal = normal.signal ?? new AbortController().signal
  const host = { qemu, accelerator, signal }
  return {
    stock: await inFolder(`booting ${cloud.name} as it is`, (folder) => timeStockBoot(cloud, folder, host)),
    prepared: await inFolder(`preparing ${cloud.name}`, (folder, update) =>
      timePreparation(cloud, folder, host, update),
    ),
  }
}
