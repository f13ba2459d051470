import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import { GuestError } from '../errors.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import { notice } from '../util/notice.ts'
import { ask } from './ask.ts'
import { hasOpenrc, hasSystemd } from './init-system.ts'
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
 * @throws GuestError `ERR_FLEDGE_BAKE` when its init does not come up, or is neither systemd nor OpenRC
 */
export async function settle(
  machine: OwnedMachine,
  signal: AbortSignal,
  update: (detail: string) => void,
): Promise<number> {
  const { channel } = machine
  const isSystemd = await hasSystemd(channel)
  if (!isSystemd && !(await hasOpenrc(channel))) {
    const message = `Cannot freeze "${machine.name}": its init is neither systemd nor OpenRC`
    throw new GuestError('ERR_FLEDGE_BAKE', message, { consoleTail: machine.console.tail() })
  }
  update(`waiting for ${isSystemd ? 'systemd' : 'OpenRC'}`)
  await (isSystemd ? settleSystemd : settleOpenrc)(machine, signal)
  update('waiting until it is idle')
  const idleSince = await idle(machine, signal)
  // udev ends its workers three to four seconds after its last event (`kill_workers_event` in systemd's udev sources). If the
  // machine were frozen before that, every clone would do it in its first second, at the price of half a launch.
  await ask(channel, isSystemd ? untilSystemdsUdevRests : untilOpenrcsUdevRests, signal)
  await idle(machine, signal)
  return idleSince
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
