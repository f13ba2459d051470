import { join } from 'node:path'

import type { OwnedMachine } from '../owner/owned-machine.ts'
import { chassisArguments } from '../qemu/chassis.ts'
import { emptyFolder } from './empty-folder.ts'
import { growRoot } from './grow-root.ts'
import { meet } from './meet.ts'
import { mounts9p } from './mounts-9p.ts'
import { bootFiles, powerOn, whileBooting } from './power-on.ts'
import { settle } from './settle.ts'
import { templateChassis, type TemplateSpec } from './template-key.ts'

/** How long a machine under KVM may take until it answers, and from then on until it is idle. */
const patienceMs = { agent: 30_000, ssh: 120_000, idle: 150_000 }

/** A machine that booted and has nothing to do. */
export interface BootedMachine {
  readonly machine: OwnedMachine
  /** What stands only in the memory of this boot. */
  readonly memoryNonce: string
  /** Whether its kernel can mount shares. */
  readonly mounts9p: boolean
  /** Milliseconds from the start of QEMU until it answered, and until it was idle. */
  readonly bootMs: { readonly agent: number; readonly idle: number }
}

/**
 * Boots an image in an empty folder, and waits until it is idle. The caller kills the machine.
 *
 * @throws GuestError `ERR_FLEDGE_BAKE` when it does not come so far, with the end of its console
 */
export async function bootToIdle(
  spec: TemplateSpec,
  folder: string,
  { signal, update }: { signal?: AbortSignal | undefined; update: (detail: string) => void },
): Promise<BootedMachine> {
  const start = performance.now()
  const backends = {
    memoryFile: join(folder, bootFiles.memory),
    disk: spec.image.disk,
    extraDisks: (spec.disks ?? []).map(({ layers }) => layers),
    ...(spec.cdrom ? { cdrom: spec.cdrom.path } : {}),
    emptyFolder: await emptyFolder(),
    shares: [],
    network: 'user',
    incoming: false,
  } as const
  const args = chassisArguments(spec.qemu, templateChassis(spec), backends)
  const { image, qemu, memoryMiB, diskSize, accelerator, firmware, disks } = spec
  const machine = await powerOn(
    { name: image.name, path: qemu.path, args, memoryMiB, diskSize, firmware, disks },
    folder,
  )
  try {
    update('booting')
    const way = image.ssh ?? 'agent'
    const first =
      way === 'agent'
        ? { limitMs: patienceMs.agent, why: 'its agent did not answer' }
        : { limitMs: patienceMs.ssh, why: 'its SSH server did not answer' }
    const { memoryNonce } = await whileBooting(machine, { ...first, accelerator, signal }, (bounded) =>
      meet(machine, way, { accelerator, signal: bounded }),
    )
    const agent = performance.now() - start
    const { idleSince, canMount } = await whileBooting(
      machine,
      { limitMs: patienceMs.idle, why: 'it did not become idle', accelerator, signal },
      async (bounded) => {
        if (diskSize > image.diskBytes) await growRoot(machine, bounded)
        const canMount = await mounts9p(machine.guest, bounded)
        return { canMount, idleSince: await settle(machine, way, bounded, update) }
      },
    )
    return { machine, memoryNonce, mounts9p: canMount, bootMs: { agent, idle: idleSince - start } }
  } catch (error) {
    await machine.kill()
    throw error
  }
}
