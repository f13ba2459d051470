import { randomBytes } from 'node:crypto'
import { basename } from 'node:path'

import { GuestError } from '../errors.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import { clone } from '../template/clone.ts'
import { reached } from '../util/moment.ts'
import { timeFactor } from '../util/time-factor.ts'
import { withDeadline } from '../util/with-deadline.ts'
import { CopiedShares } from './copied-shares.ts'
import type { NormalLaunchOptions } from './launch-options.ts'
import { Machine } from './machine.ts'
import { planShares, type PlannedShare } from './shares.ts'
import type { ReadyTemplate } from './template-for.ts'

/** How long a clone under KVM may take to answer. It needs a fifth of a second. */
const cloneTimeoutMs = 30_000
/** How long shares may take that are copied into the guest. */
const copyTimeoutMs = 900_000

/** Starts a machine from a template, and brings its shares: mounted, or copied where the guest's kernel cannot mount them. */
export async function startMachine(
  { template, qemu }: ReadyTemplate,
  { hooks, network, shares: wanted, signal, ...options }: NormalLaunchOptions,
): Promise<Machine> {
  const { image, chassis, mounts9p } = template.manifest
  const { accelerator } = chassis
  const factor = timeFactor(accelerator)
  const name = options.name ?? freshName(image)
  reached(name, 'template')
  const start = performance.now()
  const { exports, mounts, copies } = await planShares(wanted, mounts9p)
  const { machine, hello, mac, power } = await clone(template, {
    name,
    qemu,
    network,
    shares: exports,
    mounts,
    timeoutMs: options.timeoutMs ?? cloneTimeoutMs * factor,
    signal,
  }).catch(async (error: unknown) => {
    // A source that went meanwhile is why, and said better here than by QEMU.
    await planShares(wanted)
    throw error
  })
  const timeoutMs =
    options.timeoutMs === undefined
      ? copyTimeoutMs * factor
      : Math.max(0, options.timeoutMs - (performance.now() - start))
  const copied = await copyShares(machine, { image, copies, timeoutMs, signal }).catch(
    async (error: unknown) => {
      await power[Symbol.asyncDispose]()
      throw error
    },
  )
  return new Machine(machine, {
    ...{ image, accelerator, identity: hello.identity, mac },
    ...{ hooks, channel: machine.channel, shares: copied, power },
  })
}

/** Copies shares into a machine, which is ended when that fails. */
async function copyShares(
  machine: OwnedMachine,
  {
    image,
    copies,
    timeoutMs,
    signal,
  }: { image: string; copies: readonly PlannedShare[]; timeoutMs: number; signal: AbortSignal | undefined },
): Promise<CopiedShares> {
  const onTimeout = (): GuestError =>
    new GuestError('ERR_FLEDGE_TIMEOUT', `Copying shares into "${machine.name}" did not end in time`, {
      machine: machine.name,
      hint: 'Share less, or give it more time by "timeoutMs"',
    })
  try {
    return await withDeadline({ timeoutMs, signal, onTimeout }, (bounded) =>
      CopiedShares.bring(machine, image, copies, bounded),
    )
  } catch (error) {
    await machine.kill()
    throw error
  }
}

function freshName(image: string): string {
  const base = basename(image)
    .slice(0, 40)
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  return `${base || 'machine'}-${randomBytes(3).toString('hex')}`
}
