import { randomUUID } from 'node:crypto'

import { FledgeError, GuestError } from '../errors.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import { frozenMac } from '../qemu/mac-addresses.ts'
import { cacheFault } from '../util/cache-fault.ts'
import { reached } from '../util/moment.ts'
import { timeFactor } from '../util/time-factor.ts'
import { freshMac, type OwnSpec, type StartedMachine } from './distinct.ts'
import { emptyFolder } from './empty-folder.ts'
import { growRoot } from './grow-root.ts'
import { openKeptDisk } from './kept-disk.ts'
import { meet, type WayIn } from './meet.ts'
import { mounts9p } from './mounts-9p.ts'
import { ownFiles } from './own-files.ts'
import { letRun, whileBooting } from './power-on.ts'
import { PowerSource, startQemu, type BootableSpec } from './power-source.ts'
import { templateChassis, type TemplateSpec } from './template-key.ts'

/**
 * Boots a machine of its own, with memory of its own and a disk overlay above the prepared disk, or a disk that is kept. It has its name,
 * address and mounted shares as soon as its file systems are mounted and its network card is there; its services may still be starting. With the channel
 * `none` nothing is asked of it, and nothing waited for.
 *
 * @throws GuestError `ERR_FLEDGE_BOOT` when it does not come so far, with the end of its console
 */
export async function bootCold(
  spec: TemplateSpec,
  own: OwnSpec,
  channel: WayIn | 'none',
): Promise<StartedMachine> {
  const { accelerator } = spec
  const { signal, timeoutMs, name } = own
  const { machine, bootable } = await start(spec, own).catch((error: unknown) => {
    throw cacheFault(error, `Cannot boot "${name}"`, 'A machine needs space for what it writes') ?? error
  })
  reached(name, 'started')
  try {
    if (channel === 'none') {
      await letRun(machine, signal)
      const power = new PowerSource({ ...bootable, channel, mac: frozenMac, mounts: [] })
      return { machine, identity: randomUUID(), mac: frozenMac, mounts9p: false, power }
    }
    const limitMs = timeoutMs / timeFactor(accelerator)
    return await whileBooting(
      machine,
      { limitMs, why: 'it did not boot', accelerator, signal },
      async (bounded) => {
        const { identity } = await meet(machine, channel, { accelerator, signal: bounded })
        reached(name, 'answered')
        const canMount = await mounts9p(machine.guest, bounded)
        const mac = channel === 'agent' ? freshMac() : frozenMac
        const power = new PowerSource({ ...bootable, channel, mac, mounts: canMount ? own.mounts : [] })
        await power.claim(machine, bounded)
        reached(name, 'now')
        if (spec.diskSize > spec.image.diskBytes) await growRoot(machine, bounded)
        return { machine, identity, mac, mounts9p: canMount, power }
      },
    )
  } catch (error) {
    await machine.kill()
    await bootable.files[Symbol.asyncDispose]()
    throw asBootError(error)
  }
}

async function start(
  spec: TemplateSpec,
  own: OwnSpec,
): Promise<{ readonly machine: OwnedMachine; readonly bootable: BootableSpec }> {
  const { image, accelerator, diskSize, disks, cdrom, firmware, tpm } = spec
  const { name, qemu, shares, network, display, keepState, signal } = own
  const backends = {
    disk: keepState === undefined ? image.disk : [],
    extraDisks: (disks ?? []).map(({ layers }) => layers),
    ...(cdrom ? { cdrom: cdrom.path } : {}),
    ...(display ? { display } : {}),
    emptyFolder: await emptyFolder(),
    ...{ shares, network },
  }
  const kept =
    keepState === undefined
      ? undefined
      : await openKeptDisk({ path: keepState, layers: image.disk, diskSize, signal })
  const files = await ownFiles({ diskSize, disks, variables: firmware?.variables, tpm, kept })
  try {
    const bootable = { name, qemu, chassis: templateChassis(spec), backends, files, accelerator }
    return { machine: await startQemu(bootable), bootable }
  } catch (error) {
    await files[Symbol.asyncDispose]()
    throw error
  }
}

/** A boot for a template fails with another code, as that is what cannot be made then. */
function asBootError(error: unknown): unknown {
  if (!(error instanceof FledgeError) || error.code !== 'ERR_FLEDGE_BAKE') return error
  const { message, name: _, code: __, stack: ___, ...details } = error
  return new GuestError('ERR_FLEDGE_BOOT', message, { ...details, cause: error.cause })
}
