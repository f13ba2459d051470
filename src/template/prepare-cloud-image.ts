import { join, relative } from 'node:path'

import { findAgentFiles } from '../image/agent-files.ts'
import type { CloudImage } from '../image/cloud/cloud-image.ts'
import { writeSeed } from '../image/cloud/seed.ts'
import { folderName } from '../image/image-key.ts'
import type { PreparedImage } from '../image/image.ts'
import {
  layerName,
  openPreparedCloud,
  type PreparedCloudManifest,
  preparedCloudKey,
} from '../image/cloud/prepared-manifest.ts'
import { digestOfAgent } from '../image/prepare-image.ts'
import { cacheFolder } from '../util/cache-folder.ts'
import { recordFiles } from '../util/file-record.ts'
import { folderInCache } from '../util/folder-in-cache.ts'
import { writeManifestFile } from '../util/manifest-file.ts'
import { step } from '../util/progress.ts'
import { explainBakeError } from './explain-bake-error.ts'
import { firstBoot } from './first-boot.ts'
import { cloudDiskBytes, type FirstBootHost, withSeededMachine } from './seeded-machine.ts'

/** What is needed besides the image. */
export interface PrepareCloudOptions extends FirstBootHost {
  readonly signal?: AbortSignal | undefined
}

/**
 * Boots an official image once, on a layer above it, with a seed that makes its cloud-init install the agent; finds it in
 * the cache when that was done before. The image itself is only read.
 *
 * @throws GuestError `ERR_FLEDGE_BAKE` when the guest never comes so far, with the seed's log and the end of its console
 */
export async function prepareCloudImage(
  image: CloudImage,
  { qemu, accelerator, firmware, signal }: PrepareCloudOptions,
): Promise<PreparedImage> {
  try {
    signal?.throwIfAborted()
    const files = await findAgentFiles()
    const agentDigest = await digestOfAgent(files)
    const { noisyUnits } = image
    const kind = firmware ? { firmware: firmware.kind } : {}
    const key = preparedCloudKey({ imageKey: image.key, agentDigest, noisyUnits, ...kind })
    const folder = join(cacheFolder(), 'prepared', folderName(image.name, key))
    const diskBytes = await cloudDiskBytes(image)
    return await folderInCache({
      folder,
      ...(signal === undefined ? {} : { signal }),
      read: openPreparedCloud,
      fill: (partial, bounded) =>
        step(`preparing ${image.name}`, async (update) => {
          await withSeededMachine(
            image,
            partial,
            { qemu, accelerator, ...(firmware ? { firmware } : {}) },
            (seed) => writeSeed(seed, files, image),
            (machine) => firstBoot(machine, { accelerator, signal: bounded }, update),
          )
          const origin = { ...image.disk, path: relative(partial, image.disk.path) }
          await writeManifestFile(partial, {
            ...{ cloud: 2, name: image.name, key, imageKey: image.key, agentDigest, cpu: image.cpu },
            ...{ noisyUnits, origin, diskBytes },
            ...kind,
            files: await recordFiles(partial, [layerName, origin.path]),
          } satisfies PreparedCloudManifest)
        }),
    })
  } catch (error) {
    throw explainBakeError(error, image.name, signal)
  }
}
