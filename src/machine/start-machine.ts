import { randomBytes } from 'node:crypto'
import { basename, resolve } from 'node:path'

import { noChannel } from '../channel/no-channel.ts'
import { GuestError } from '../errors.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import type { Accelerator } from '../qemu/accelerator.ts'
import { clone } from '../template/clone.ts'
import type { OwnSpec, StartedMachine } from '../template/distinct.ts'
import type { TemplateSpec } from '../template/template-key.ts'
import { reached } from '../util/moment.ts'
import { timeFactor } from '../util/time-factor.ts'
import { withDeadline } from '../util/with-deadline.ts'
import { CopiedShares } from './copied-shares.ts'
import { displayOf } from './display-of.ts'
import type { NormalLaunchOptions } from './launch-options.ts'
import { Machine } from './machine.ts'
import { planShares, type Shares } from './shares.ts'
import { underWhatWorks, type ReadyTemplate } from './template-for.ts'

/** How long a machine under KVM may take to answer. A clone needs a fifth of a second, and a boot some seconds. */
const startTimeoutMs = 30_000
/** How long shares may take that are copied into the guest. */
const copyTimeoutMs = 900_000

/** Starts a clone of a template. */
export async function startClone(
  { template, way, ...given }: ReadyTemplate,
  options: NormalLaunchOptions,
): Promise<Machine> {
  const { image, chassis, mounts9p } = template.manifest
  const kind = { image, accelerator: chassis.accelerator, qemu: given.qemu }
  return start(kind, options, mounts9p, (own) => clone(template, { ...own, ...given }, way))
}

/** Boots a machine. */
export async function startCold(given: TemplateSpec, options: NormalLaunchOptions): Promise<Machine> {
  // Loaded for those who boot.
  const { bootCold } = await import('../template/cold.ts')
  return underWhatWorks(given, options, (spec) => {
    const { image, accelerator, qemu } = spec
    const kind = { image: image.name, accelerator, qemu }
    const channel = options.channel === 'none' ? options.channel : (image.ssh ?? 'agent')
    // Whether its kernel can mount shares is only known when it runs.
    return start(kind, options, true, (own) => bootCold(spec, own, channel))
  })
}

interface Kind extends Pick<OwnSpec, 'qemu'> {
  readonly image: string
  readonly accelerator: Accelerator
}

/** Starts a machine, and brings its shares: mounted, or copied where the guest's kernel cannot mount them. */
async function start(
  { image, accelerator, qemu }: Kind,
  { hooks, network, channel: kind, shares: wanted, signal, ...options }: NormalLaunchOptions,
  mayMount: boolean,
  begin: (own: OwnSpec) => Promise<StartedMachine>,
): Promise<Machine> {
  const factor = timeFactor(accelerator)
  const name = options.name ?? freshName(image)
  reached(name, 'template')
  const startMs = performance.now()
  const { exports, mounts } = await planShares(wanted, mayMount)
  const { machine, identity, mac, mounts9p, power } = await begin({
    ...{ name, qemu, network, shares: exports, mounts, signal },
    ...(options.keepState === undefined ? {} : { keepState: resolve(options.keepState) }),
    ...(options.display ? { display: await displayOf(options.display, qemu.path) } : {}),
    timeoutMs: options.timeoutMs ?? startTimeoutMs * factor,
  }).catch(async (error: unknown) => {
    // A source that went meanwhile is why, and said better here than by QEMU.
    await planShares(wanted)
    throw error
  })
  const timeoutMs =
    options.timeoutMs === undefined
      ? copyTimeoutMs * factor
      : Math.max(0, options.timeoutMs - (performance.now() - startMs))
  const copied = await copyShares(machine, { image, wanted, mounts9p, timeoutMs, signal }).catch(
    async (error: unknown) => {
      await power[Symbol.asyncDispose]()
      throw error
    },
  )
  // Who looks at a screen points at it, too.
  if (options.display) await machine.qmp.run('device_add', { driver: 'virtio-tablet-pci', id: 'pointer' })
  const channel = kind === 'none' ? noChannel(name) : machine.guest
  return new Machine(machine, {
    ...{ image, accelerator, identity, mac },
    ...{ hooks, channel, shares: copied, power },
  })
}

/** Copies shares into a machine that cannot mount them; it is ended when that fails. */
async function copyShares(
  machine: OwnedMachine,
  {
    image,
    wanted,
    mounts9p,
    timeoutMs,
    signal,
  }: {
    image: string
    wanted: Shares
    mounts9p: boolean
    timeoutMs: number
    signal: AbortSignal | undefined
  },
): Promise<CopiedShares> {
  const onTimeout = (): GuestError =>
    new GuestError('ERR_FLEDGE_TIMEOUT', `Copying shares into "${machine.name}" did not end in time`, {
      machine: machine.name,
      hint: 'Share less, or give it more time by "timeoutMs"',
    })
  try {
    const { copies } = await planShares(wanted, mounts9p)
    return await withDeadline({ timeoutMs, signal, onTimeout }, (bounded) =>
      CopiedShares.bring({ name: machine.name, channel: machine.guest }, image, copies, bounded),
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
