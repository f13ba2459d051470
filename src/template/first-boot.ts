import { setTimeout as sleep } from 'node:timers/promises'

import * as v from 'valibot'

import { GuestError } from '../errors.ts'
import { seedLogEnd, seedLogMark } from '../image/cloud/seed.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import type { Accelerator } from '../qemu/accelerator.ts'
import { timeFactor } from '../util/time-factor.ts'
import { withDeadline } from '../util/with-deadline.ts'
import { ask } from './ask.ts'
import { growRoot } from './grow-root.ts'
import { powerOff } from './init-system.ts'
import { firstHello, whileBooting } from './power-on.ts'

/** How long a first boot under KVM may take until the agent answers, and from then on until the machine is off. */
const patienceMs = { agent: 120_000, off: 60_000 }
const lookMs = 200
const hint =
  'See whether the disk boots by a BIOS and has cloud-init with the NoCloud source; FLEDGE_TIME_FACTOR=2 gives a slow host twice the time'

/**
 * Lets a machine with a seed boot for the first time, until the seed is worked off, its disk has grown and it is off. It is switched off as
 * soon as that is so: what comes after the stage of cloud-init that installs the agent has nothing to do.
 *
 * @throws GuestError `ERR_FLEDGE_BAKE` when it does not come so far, with the seed's log and the end of its console
 */
export async function firstBoot(
  machine: OwnedMachine,
  limits: { readonly accelerator: Accelerator; readonly signal: AbortSignal },
  update: (detail: string) => void,
): Promise<void> {
  const bounds = { ...limits, hint, faultOf: seedFault, mark: seedLogMark }
  update('booting it for the first time')
  await whileBooting(
    machine,
    { ...bounds, limitMs: patienceMs.agent, why: 'cloud-init did not install the agent' },
    (bounded) => firstHello(machine, bounded),
  )
  update('waiting for cloud-init')
  await whileBooting(
    machine,
    { ...bounds, limitMs: patienceMs.off, why: 'cloud-init did not end' },
    async (bounded) => {
      while (!(await seedIsDone(machine, bounded))) await sleep(lookMs, undefined, { signal: bounded })
      update('growing its disk')
      await growRoot(machine, bounded)
      await ask(machine.channel, 'sync', bounded)
    },
  )
  update('shutting it down')
  await ask(machine.channel, powerOff, limits.signal)
  const onTimeout = (): GuestError => notPrepared(machine, 'it did not shut down')
  await withDeadline(
    { timeoutMs: patienceMs.off * timeFactor(limits.accelerator), signal: limits.signal, onTimeout },
    () => machine.exited(),
  )
  if (!machine.poweredOff) throw notPrepared(machine, 'it ended before it was shut down')
}

/** What the seed's log on a console says of its failure, with its last words. */
function seedFault(console: string): string | undefined {
  const log = console
    .split(/\r?\n/)
    .flatMap((line) =>
      line.includes(seedLogMark) ? [line.slice(line.indexOf(seedLogMark) + seedLogMark.length)] : [],
    )
  const end = log.findIndex((line) => line.startsWith(seedLogEnd))
  const status = log[end]?.slice(seedLogEnd.length)
  if (status === undefined || status === '0') return undefined
  return `what installs the agent in it ended with status ${status}: ${log[end - 1] ?? 'it said nothing'}`
}

const statusSchema = v.object({
  v1: v.looseObject({
    'init-local': v.looseObject({ finished: v.nullable(v.number()), errors: v.array(v.string()) }),
  }),
})

/** Whether cloud-init has done what the seed asks of it, by its own account. */
async function seedIsDone(machine: OwnedMachine, signal: AbortSignal): Promise<boolean> {
  const text = await ask(machine.channel, 'cat /run/cloud-init/status.json', signal)
  const { finished, errors } = v.parse(statusSchema, JSON.parse(text)).v1['init-local']
  if (errors.length > 0) throw notPrepared(machine, `cloud-init failed: ${errors.join('; ')}`)
  return finished !== null
}

function notPrepared({ name, console }: OwnedMachine, why: string): GuestError {
  return new GuestError('ERR_FLEDGE_BAKE', `Cannot prepare "${name}": ${why}`, {
    machine: name,
    consoleTail: console.tail(undefined, seedLogMark),
    hint,
  })
}
