import { stat } from 'node:fs/promises'

import type { Hello } from '../channel/hello.ts'
import { FledgeError, GuestError } from '../errors.ts'
import { OwnedMachine } from '../owner/owned-machine.ts'
import { chassisArguments } from '../qemu/chassis.ts'
import { timeFactor } from '../util/time-factor.ts'
import { withDeadline } from '../util/with-deadline.ts'
import { ask } from './ask.ts'
import { emptyFolder } from './empty-folder.ts'
import { settle } from './settle.ts'
import { templateChassis, type TemplateSpec } from './template-key.ts'

/** How long a machine under KVM may take until its agent answers, and from then on until it is idle. */
const patienceMs = { agent: 30_000, idle: 150_000 }

/** What a boot needs besides the image. */
export interface BootFiles {
  /** An empty file as long as the memory is large. */
  readonly memory: string
  /** An open, empty qcow2 for the machine's writes. */
  readonly overlay: number
  readonly consoleFile?: string
}

/** A machine that booted and has nothing to do. */
export interface BootedMachine {
  readonly machine: OwnedMachine
  readonly hello: Hello
  /** Milliseconds from the start of QEMU until the agent answered, and until the machine was idle. */
  readonly bootMs: { readonly agent: number; readonly idle: number }
}

/**
 * Boots an image and waits until it is idle. The caller kills the machine.
 *
 * @throws GuestError `ERR_FLEDGE_BAKE` when it does not come so far, with the end of its console
 */
export async function bootToIdle(
  spec: TemplateSpec,
  files: BootFiles,
  { signal, update }: { signal?: AbortSignal | undefined; update: (detail: string) => void },
): Promise<BootedMachine> {
  const start = performance.now()
  const { name, disk } = spec.image
  const { size: imageSize } = await stat(disk)
  const backends = {
    memoryFile: files.memory,
    disk: [{ path: disk, format: 'raw' }],
    emptyFolder: await emptyFolder(),
    shares: [],
    network: 'user',
    incoming: false,
  } as const
  const args = chassisArguments(spec.qemu, templateChassis(spec), backends)
  const machine = new OwnedMachine({ name, path: spec.qemu.path, args, ...files })
  const within = <T>(
    limitMs: number,
    why: string,
    work: (bounded: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const timeoutMs = limitMs * timeFactor(spec.accelerator)
    const onTimeout = (): GuestError => {
      const late = `${why} within ${Math.round(timeoutMs / 1000)} s`
      return notIdle(machine, late, new GuestError('ERR_FLEDGE_TIMEOUT', late))
    }
    return withDeadline({ timeoutMs, signal, onTimeout }, (bounded) =>
      Promise.race([work(bounded), failure(machine)]),
    )
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

function notIdle(machine: OwnedMachine, why: string, cause?: FledgeError): GuestError {
  return new GuestError('ERR_FLEDGE_BAKE', `Cannot boot "${machine.name}": ${why}`, {
    machine: machine.name,
    consoleTail: machine.console.tail(),
    ...(cause === undefined ? {} : { cause }),
  })
}
