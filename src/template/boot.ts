import { open, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Hello } from '../channel/hello.ts'
import { FledgeError, GuestError } from '../errors.ts'
import { OwnedMachine } from '../owner/owned-machine.ts'
import { chassisArguments } from '../qemu/chassis.ts'
import { emptyQcow2 } from '../qemu/qcow2.ts'
import { timeFactor } from '../util/time-factor.ts'
import { withDeadline } from '../util/with-deadline.ts'
import { ask } from './ask.ts'
import { emptyFolder } from './empty-folder.ts'
import { settle } from './settle.ts'
import { templateChassis, type TemplateSpec } from './template-key.ts'

/** How long a machine under KVM may take until its agent answers, and from then on until it is idle. */
const patienceMs = { agent: 30_000, idle: 150_000 }

/** What a boot makes in its folder. */
export const bootFiles = {
  /** As long as the memory is large, and all holes. */
  memory: 'unbooted',
  /** What the machine writes to its disk. */
  disk: 'disk.qcow2',
  console: 'boot.log',
} as const

/** A machine that booted and has nothing to do. */
export interface BootedMachine {
  readonly machine: OwnedMachine
  readonly hello: Hello
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
  const { disk } = spec.image
  const { size: imageSize } = await stat(disk)
  const backends = {
    memoryFile: join(folder, bootFiles.memory),
    disk: [{ path: disk, format: 'raw' }],
    emptyFolder: await emptyFolder(),
    shares: [],
    network: 'user',
    incoming: false,
  } as const
  const args = chassisArguments(spec.qemu, templateChassis(spec), backends)
  const machine = await power(spec, folder, args)
  const within = async <T>(
    limitMs: number,
    why: string,
    work: (bounded: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const timeoutMs = limitMs * timeFactor(spec.accelerator)
    const onTimeout = (): GuestError => {
      const late = `${why} within ${Math.round(timeoutMs / 1000)} s`
      return notIdle(machine, late, new GuestError('ERR_FLEDGE_TIMEOUT', late))
    }
    const watch = new AbortController()
    try {
      return await withDeadline({ timeoutMs, signal, onTimeout }, (bounded) =>
        Promise.race([work(bounded), failure(machine), panic(machine, watch.signal)]),
      )
    } finally {
      watch.abort()
    }
  }
  try {
    update('booting')
    const hello = await within(patienceMs.agent, 'its agent did not answer', (bounded) =>
      firstHello(machine, bounded),
    )
    const agent = performance.now() - start
    const idleSince = await within(patienceMs.idle, 'it did not become idle', async (bounded) => {
      if (spec.diskSize > imageSize) await growRoot(machine, bounded)
      return settle(machine, bounded, update)
    })
    return { machine, hello, bootMs: { agent, idle: idleSince - start } }
  } catch (error) {
    await machine.kill()
    throw error
  }
}

/** Makes the files of a boot, and starts QEMU on them. */
async function power(spec: TemplateSpec, folder: string, args: readonly string[]): Promise<OwnedMachine> {
  const [memory, disk, consoleFile] = [bootFiles.memory, bootFiles.disk, bootFiles.console].map((file) =>
    join(folder, file),
  ) as [string, string, string]
  await writeFile(memory, '')
  await truncate(memory, spec.memoryMiB * 2 ** 20)
  await writeFile(disk, emptyQcow2(spec.diskSize))
  await using overlay = await open(disk, 'r+')
  return new OwnedMachine({
    name: spec.image.name,
    path: spec.qemu.path,
    args,
    overlay: overlay.fd,
    diskFolder: folder,
    consoleFile,
  })
}

async function firstHello(machine: OwnedMachine, signal: AbortSignal): Promise<Hello> {
  await machine.qmp.connect({ signal })
  await machine.qmp.run('cont', undefined, { signal })
  return machine.greet({ signal })
}

/** The disk of an image from packages is its root file system, without partitions. */
async function growRoot({ channel }: OwnedMachine, signal: AbortSignal): Promise<void> {
  await ask(channel, 'resize2fs "$(findmnt --noheadings --output SOURCE /)"', signal)
}

async function failure(machine: OwnedMachine): Promise<never> {
  const cause: FledgeError = await machine.ended
  throw notIdle(machine, cause.message, cause)
}

/** How often the console of a boot is looked at. */
const lookMs = 500

/** A kernel that panics before it has a driver for the panic device only says so on its console. */
async function panic(machine: OwnedMachine, signal: AbortSignal): Promise<never> {
  do await sleep(lookMs, undefined, { signal, ref: false })
  while (!machine.console.text().includes('Kernel panic - not syncing'))
  const why = 'its kernel panicked'
  throw notIdle(machine, why, new GuestError('ERR_FLEDGE_GUEST_PANIC', why))
}

function notIdle(machine: OwnedMachine, why: string, cause: FledgeError): GuestError {
  return new GuestError('ERR_FLEDGE_BAKE', `Cannot boot "${machine.name}": ${why}`, {
    machine: machine.name,
    consoleTail: machine.console.tail(),
    cause,
    ...(cause.hint === undefined ? {} : { hint: cause.hint }),
  })
}
