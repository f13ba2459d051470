import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { CloudImage } from '../image/cloud/cloud-image.ts'
import { seedLabel } from '../image/cloud/seed.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import type { Accelerator } from '../qemu/accelerator.ts'
import type { QemuCapabilities } from '../qemu/capabilities.ts'
import { chassisArguments } from '../qemu/chassis.ts'
import type { UefiFirmware } from '../qemu/firmware.ts'
import { virtualSize } from '../qemu/qcow2.ts'
import { emptyFolder } from './empty-folder.ts'
import { bootFiles, powerOn } from './power-on.ts'
import { chassisFor } from './template-key.ts'

/** Official images are as small as they can be; tests need room. */
const leastDiskBytes = 8 * 2 ** 30
const memoryMiB = 1024

/** What a first boot needs besides the image. */
export interface FirstBootHost {
  readonly qemu: QemuCapabilities
  readonly accelerator: Accelerator
  /** What the machines of the image will have; without it, a BIOS. */
  readonly firmware?: UefiFirmware
}

/** How large the disk of machines is: the image's own size, or what tests need. */
export async function cloudDiskBytes({ disk }: CloudImage): Promise<number> {
  return Math.max(leastDiskBytes, await virtualSize(disk.path, disk.format))
}

/**
 * Starts a machine of an official image on a layer above it, with a seed, in an empty folder; does something with it, and ends it. Only the
 * layer and the console of the boot are left in the folder.
 */
export async function withSeededMachine<T>(
  image: CloudImage,
  folder: string,
  host: FirstBootHost,
  writeSeed: (seedFolder: string) => Promise<void>,
  work: (machine: OwnedMachine) => Promise<T>,
): Promise<T> {
  const seed = join(folder, 'seed')
  await mkdir(seed)
  await writeSeed(seed)
  const args = chassisArguments(host.qemu, chassisFor({ ...host, cpu: image.cpu, cpus: 2, memoryMiB }), {
    memoryFile: join(folder, bootFiles.memory),
    disk: [image.disk],
    emptyFolder: await emptyFolder(),
    shares: [],
    network: 'none',
    incoming: false,
    seed: { folder: seed, label: seedLabel },
  })
  const diskSize = await cloudDiskBytes(image)
  const { firmware, qemu } = host
  const machine = await powerOn(
    { name: image.name, path: qemu.path, args, memoryMiB, diskSize, firmware },
    folder,
  )
  let result: T
  try {
    result = await work(machine)
  } finally {
    await machine.kill()
  }
  await rm(seed, { recursive: true })
  await rm(join(folder, bootFiles.memory))
  await rm(join(folder, bootFiles.variables), { force: true })
  return result
}
