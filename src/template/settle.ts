import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import type { GuestChannel } from '../channel/guest-channel.ts'
import { GuestError } from '../errors.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import { notice } from '../util/notice.ts'
import { ask } from './ask.ts'
import { hasOpenrc, hasSystemd } from './init-system.ts'
import type { WayIn } from './meet.ts'
import { settleOpenrc, untilOpenrcsUdevRests } from './settle-openrc.ts'
import { settleSystemd, untilSystemdsUdevRests } from './settle-systemd.ts'

/** Raised when the steps below change what a template holds. */
export const settleRecipe = 3

/** Ticks of `/proc/PID/stat` in a second: USER_HZ is 100 wherever Linux runs QEMU. */
const ticksPerSecond = 100
/** The share of one CPU below which an emulated machine does nothing but keep time. */
const idleShare = 0.2
const idleWindowMs = 1_000
const idlePatienceMs = 60_000

/**
 * Waits until a booted machine has nothing left to do: its init is up, udev has settled, what tests run first has run once, so
 * that it is in the frozen memory, and the process that runs it all hardly uses the CPU.
 *
 * @returns the time, as `performance.now()` has it, from which on it was idle
 * @throws GuestError `ERR_FLEDGE_BAKE` when its init does not come up, or that of a guest with the agent is neither systemd nor OpenRC
 */
export async function settle(
  machine: OwnedMachine,
  way: WayIn,
  signal: AbortSignal,
  update: (detail: string) => void,
): Promise<number> {
  const { guest } = machine
  const init = await initOf(guest)
  if (!init && way === 'agent') {
    const message = `Cannot freeze "${machine.name}": its init is neither systemd nor OpenRC`
    throw new GuestError('ERR_FLEDGE_BAKE', message, { consoleTail: machine.console.tail() })
  }
  if (init) {
    update(`waiting for ${init.name}`)
    await init.settle(machine, signal)
  } else {
    await ask(guest, 'sync', signal)
  }
  update('waiting until it is idle')
  const idleSince = await idle(machine, signal)
  // udev ends its workers three to four seconds after its last event (`kill_workers_event` in systemd's udev sources). If the
  // machine were frozen before that, every clone would do it in its first second, at the price of half a launch.
  if (init) {
    const { untilUdevRests } = init
    await ask(guest, untilUdevRests, signal)
  }
  if (way !== 'agent') await logOut(guest, init, signal)
  await idle(machine, signal)
  return idleSince
}

interface Init {
  readonly name: string
  readonly settle: (machine: OwnedMachine, signal: AbortSignal) => Promise<void>
  readonly untilUdevRests: string
}

const systemd: Init = {
  name: 'systemd',
  settle: settleSystemd,
  untilUdevRests: untilSystemdsUdevRests,
}
const openrc: Init = { name: 'OpenRC', settle: settleOpenrc, untilUdevRests: untilOpenrcsUdevRests }

async function initOf(guest: GuestChannel): Promise<Init | undefined> {
  if (await hasSystemd(guest)) return systemd
  return (await hasOpenrc(guest)) ? openrc : undefined
}

/**
 * systemd ends what it started for a user ten seconds after the last login (`UserStopDelaySec` in logind.conf(5)); a clone would do
 * so in the middle of a test.
 */
const untilLoggedOutMs = 12_000

/** Ends what we have in the guest over SSH, so that none of it is in the frozen memory. */
async function logOut(guest: GuestChannel, init: Init | undefined, signal: AbortSignal): Promise<void> {
  await guest.rest()
  if (init === systemd) await sleep(untilLoggedOutMs, undefined, { signal })
}

/** Gives the time, as `performance.now()` has it, from which on the machine was idle. */
async function idle(machine: OwnedMachine, signal: AbortSignal): Promise<number> {
  const until = performance.now() + idlePatienceMs
  for (let quietSince: number | undefined; ;) {
    const before = await cpuTicks(machine.pid)
    const start = performance.now()
    await sleep(idleWindowMs, undefined, { signal })
    const seconds = (performance.now() - start) / 1000
    const share = ((await cpuTicks(machine.pid)) - before) / ticksPerSecond / seconds
    if (share < idleShare && quietSince !== undefined) return quietSince
    quietSince = share < idleShare ? start : undefined
    if (performance.now() < until) continue
    notice(`"${machine.name}" never became idle: it uses ${Math.round(share * 100)} % of a CPU`)
    return performance.now()
  }
}

/** User and system time of a process, fields 14 and 15 of `/proc/PID/stat`. */
async function cpuTicks(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}
