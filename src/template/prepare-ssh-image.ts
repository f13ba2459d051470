import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

import { makeKeyPair } from '../channel/ssh/make-key-pair.ts'
import type { CloudImage } from '../image/cloud/cloud-image.ts'
import {
  keyName,
  layerName,
  openPreparedCloud,
  preparedCloudKey,
  type PreparedCloudManifest,
} from '../image/cloud/prepared-manifest.ts'
import { writeSshSeed } from '../image/cloud/ssh-seed.ts'
import { folderName } from '../image/image-key.ts'
import type { PreparedImage } from '../image/image.ts'
import { frozenMac } from '../qemu/mac-addresses.ts'
import { cacheFolder } from '../util/cache-folder.ts'
import { recordFiles } from '../util/file-record.ts'
import { folderInCache } from '../util/folder-in-cache.ts'
import { writeManifestFile } from '../util/manifest-file.ts'
import { step } from '../util/progress.ts'
import { explainBakeError } from './explain-bake-error.ts'
import { firstBootOverSsh } from './first-boot-over-ssh.ts'
import type { PrepareCloudOptions } from './prepare-cloud-image.ts'
import { cloudDiskBytes, withSeededMachine } from './seeded-machine.ts'

/**
 * Boots an image once, on a layer above it, with a seed that makes the guest let root in over SSH by a key that is made for it; finds it in
 * the cache when that was done before. The image itself is only read.
 *
 * @throws GuestError `ERR_FLEDGE_BAKE` when the guest never comes so far, with the end of its console
 */
export async function prepareSshImage(
  image: CloudImage,
  { qemu, accelerator, firmware, signal }: PrepareCloudOptions,
): Promise<PreparedImage> {
  const host = { qemu, accelerator, ...(firmware ? { firmware } : {}) }
  const kind = firmware ? { firmware: firmware.kind } : {}
  const { name, key: imageKey, cpu, noisyUnits } = image
  const facts = { imageKey, agentDigest: '', noisyUnits, ...kind }
  const key = preparedCloudKey({ ...facts, ssh: {} })
  try {
    signal?.throwIfAborted()
    const diskBytes = await cloudDiskBytes(image)
    return await folderInCache({
      folder: join(cacheFolder(), 'prepared', folderName(name, key)),
      ...(signal === undefined ? {} : { signal }),
      read: openPreparedCloud,
      fill: (partial, bounded) =>
        step(`preparing ${name}`, async (update) => {
          const { privateKey, publicKey } = await makeKeyPair()
          await writeFile(join(partial, keyName), privateKey, { mode: 0o600 })
          const hostKey = await withSeededMachine(
            image,
            partial,
            host,
            (seed) => writeSshSeed(seed, { publicKey, noisyUnits, mac: frozenMac }),
            (machine) => firstBootOverSsh(machine, privateKey, { accelerator, signal: bounded }, update),
          )
          const origin = { ...image.disk, path: relative(partial, image.disk.path) }
          await writeManifestFile(partial, {
            ...{ cloud: 2, name, key, ...facts, cpu, origin, diskBytes },
            ssh: { hostKey },
            files: await recordFiles(partial, [layerName, keyName, origin.path]),
          } satisfies PreparedCloudManifest)
        }),
    })
  } catch (error) {
    throw explainBakeError(error, name, signal)
  }
}
