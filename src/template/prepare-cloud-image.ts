import { mkdir, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import * as v from 'valibot'

import { GuestError } from '../errors.ts'
import { findAgentFiles } from '../image/agent-files.ts'
import type { CloudImage } from '../image/cloud/cloud-image.ts'
import { seedLabel, writeSeed } from '../image/cloud/seed.ts'
import { folderName } from '../image/image-key.ts'
import type { PreparedImage } from '../image/image.ts'
import {
  layerName,
  openPreparedCloud,
  type PreparedCloudManifest,
  preparedCloudKey,
} from '../image/cloud/prepared-manifest.ts'
import { digestOfAgent } from '../image/prepare-image.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import type { Accelerator } from '../qemu/accelerator.ts'
import type { QemuCapabilities } from '../qemu/capabilities.ts'
import { chassisArguments, frozenMac } from '../qemu/chassis.ts'
import { virtualSize } from '../qemu/qcow2.ts'
import { cacheFolder } from '../util/cache-folder.ts'
import { recordFiles } from '../util/file-record.ts'
import { folderInCache } from '../util/folder-in-cache.ts'
import { writeManifestFile } from '../util/manifest-file.ts'
import { step } from '../util/progress.ts'
import { timeFactor } from '../util/time-factor.ts'
import { withDeadline } from '../util/with-deadline.ts'
import { ask } from './ask.ts'
import { emptyFolder } from './empty-folder.ts'
import { explainBakeError } from './explain-bake-error.ts'
import { growRoot } from './grow-root.ts'
import { bootFiles, firstHello, powerOn, whileBooting } from './power-on.ts'
import { emulatedCpu } from './template-key.ts'

/** How long a first boot under KVM may take until the agent answers, and from then on until the machine is off. */
const patienceMs = { agent: 120_000, off: 60_000 }
/** Official images are as small as they can be; tests need room. */
const leastDiskBytes = 8 * 2 ** 30
const memoryMiB = 1024
const lookMs = 500
const hint =
  'See whether the disk boots by a BIOS and has cloud-init with the NoCloud source; FLEDGE_TIME_FACTOR=2 gives a slow host twice the time'

/** What is needed besides the image. */
export interface PrepareCloudOptions {
  readonly qemu: QemuCapabilities
  readonly accelerator: Accelerator
  readonly signal?: AbortSignal | undefined
}

/** How large the disk of machines is: the image's own size, or what tests need. */
export async function cloudDiskBytes({ disk }: CloudImage): Promise<number> {
  return Math.max(leastDiskBytes, await virtualSize(disk.path, disk.format))
}

/**
 * Boots an official image once, on a layer above it, with a seed that makes its cloud-init install the agent; finds it in
 * the cache when that was done before. The image itself is only read.
 *
 * @throws GuestError `ERR_FLEDGE_BAKE` when the guest never comes so far, with the end of its console
 */
export async function prepareCloudImage(
  image: CloudImage,
  { qemu, accelerator, signal }: PrepareCloudOptions,
): Promise<PreparedImage> {
  try {
    signal?.throwIfAborted()
    const files = await findAgentFiles()
    const agentDigest = await digestOfAgent(files)
    const key = preparedCloudKey(image.key, agentDigest)
    const folder = join(cacheFolder(), 'prepared', folderName(image.name, key))
    const diskBytes = await cloudDiskBytes(image)
    return await folderInCache({
      folder,
      ...(signal === undefined ? {} : { signal }),
      read: openPreparedCloud,
      fill: (partial, bounded) =>
        step(`preparing ${image.name}`, async (update) => {
          const seed = join(partial, 'seed')
          await mkdir(seed)
          await writeSeed(seed, files, frozenMac)
          const args = chassisArguments(
            qemu,
            {
              ...{ machine: qemu.machine, accelerator, cpus: 2, memoryMiB },
              cpu: accelerator === 'kvm' ? 'host' : emulatedCpu[image.cpu],
            },
            {
              memoryFile: join(partial, bootFiles.memory),
              disk: [image.disk],
              emptyFolder: await emptyFolder(),
              shares: [],
              network: 'none',
              incoming: false,
              seed: { folder: seed, label: seedLabel },
            },
          )
          const spec = { name: image.name, path: qemu.path, args, memoryMiB, diskSize: diskBytes }
          const machine = await powerOn(spec, partial)
          try {
            await install(machine, { accelerator, signal: bounded }, update)
          } finally {
            await machine.kill()
          }
          await rm(seed, { recursive: true })
          await rm(join(partial, bootFiles.memory))
          const origin = { ...image.disk, path: relative(partial, image.disk.path) }
          await writeManifestFile(partial, {
            ...{ cloud: 1, name: image.name, key, imageKey: image.key, agentDigest, cpu: image.cpu },
            ...{ origin, diskBytes },
            files: await recordFiles(partial, [layerName, origin.path]),
          } satisfies PreparedCloudManifest)
        }),
    })
  } catch (error) {
    throw explainBakeError(error, image.name, signal)
  }
}

async function install(
  machine: OwnedMachine,
  bounds: { accelerator: Accelerator; signal: AbortSignal },
  update: (detail: string) => void,
): Promise<void> {
  update('booting it for the first time')
  await whileBooting(
    machine,
    { ...bounds, limitMs: patienceMs.agent, why: 'cloud-init did not install the agent', hint },
    (bounded) => firstHello(machine, bounded),
  )
  update('waiting for cloud-init')
  await whileBooting(
    machine,
    { ...bounds, limitMs: patienceMs.off, why: 'cloud-init did not end', hint },
    async (bounded) => {
      while (!(await initStageEnded(machine, bounded))) await sleep(lookMs, undefined, { signal: bounded })
      update('growing its disk')
      await growRoot(machine, bounded)
      await ask(machine.channel, 'sync', bounded)
    },
  )
  update('shutting it down')
  await ask(machine.channel, 'systemctl poweroff --no-block', bounds.signal)
  const onTimeout = (): GuestError => notPrepared(machine, 'it did not shut down')
  await withDeadline(
    { timeoutMs: patienceMs.off * timeFactor(bounds.accelerator), signal: bounds.signal, onTimeout },
    () => machine.exited(),
  )
  if (!machine.poweredOff) throw notPrepared(machine, 'it ended before it was shut down')
}

const statusSchema = v.object({
  v1: v.looseObject({
    init: v.looseObject({ finished: v.nullable(v.number()), errors: v.array(v.string()) }),
  }),
})

/** Whether cloud-init has done what the seed asks of it, by its own account: what comes after that stage has nothing to do. */
async function initStageEnded(machine: OwnedMachine, signal: AbortSignal): Promise<boolean> {
  const text = await ask(machine.channel, 'cat /run/cloud-init/status.json', signal)
  const { finished, errors } = v.parse(statusSchema, JSON.parse(text)).v1.init
  if (errors.length > 0) {
    throw notPrepared(machine, `cloud-init failed: ${errors.join('; ')}`)
  }
  return finished !== null
}

function notPrepared({ name, console }: OwnedMachine, why: string): GuestError {
  return new GuestError('ERR_FLEDGE_BAKE', `Cannot prepare "${name}": ${why}`, {
    machine: name,
    consoleTail: console.tail(),
    hint,
  })
}
