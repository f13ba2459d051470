import { join } from 'node:path'

import type { Hello } from '../channel/hello.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import { chassisArguments } from '../qemu/chassis.ts'
import { emptyFolder } from './empty-folder.ts'
import { growRoot } from './grow-root.ts'
import { mounts9p } from './mounts-9p.ts'
import { bootFiles, firstHello, powerOn, whileBooting } from './power-on.ts'
import { settle } from './settle.ts'
import { templateChassis, type TemplateSpec } from './template-key.ts'

/** How long a machine under KVM may take until its agent answers, and from then on until it is idle. */
const patienceMs = { agent: 30_000, idle: 150_000 }

/** A machine that booted and has nothing to do. */
export interface BootedMachine {
  readonly machine: OwnedMachine
  readonly hello: Hello
  /** Whether its kernel can mount shares. */
  readonly mounts9p: boolean
  /** Milliseconds from the start of QEMU until the agent answered, and until the machine was idle. */
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
    const hello = await whileBooting(
      machine,
      { limitMs: patienceMs.agent, why: 'its agent did not answer', accelerator, signal },
      (bounded) => firstHello(machine, bounded),
    )
    const agent = performance.now() - start
    const { idleSince, canMount } = await whileBooting(
      machine,
      { limitMs: patienceMs.idle, why: 'it did not become idle', accelerator, signal },
      async (bounded) => {
        if (diskSize > image.diskBytes) await growRoot(machine, bounded)
        const canMount = await mounts9p(machine.channel, bounded)
        return { canMount, idleSince: await settle(machine, bounded, update) }
      },
    )
    return { machine, hello, mounts9p: canMount, bootMs: { agent, idle: idleSince - start } }
  } catch (error) {
    await machine.kill()
    throw error
  }
}
