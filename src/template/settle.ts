import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import { GuestError } from '../errors.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import { notice } from '../util/notice.ts'
import { ask } from './ask.ts'

/** Raised when the steps below change what a template holds. */
export const settleRecipe = 3

/** Ticks of `/proc/PID/stat` in a second: USER_HZ is 100 wherever Linux runs QEMU. */
const ticksPerSecond = 100
/** The share of one CPU below which an emulated machine does nothing but keep time. */
const idleShare = 0.2
const idleWindowMs = 1_000
const idlePatienceMs = 60_000

/**
 * udev ends its workers three to four seconds after its last event (`kill_workers_event` in systemd's udev sources). If the machine
 * were frozen before that, every clone would do it in its first second, at the price of half a launch.
 */
const untilUdevRests = `
  udev=$(systemctl show --property MainPID --value systemd-udevd.service)
  for turn in $(seq 50); do
    [ -n "$(cat "/proc/$udev/task/$udev/children" 2>/dev/null)" ] || break
    sleep 0.2
  done`

/**
 * Waits until a booted machine has nothing left to do: systemd is up, no job is queued, udev has settled, what tests run
 * first has run once, so that it is in the frozen memory, and the process that runs it all hardly uses the CPU.
 *
 * @returns the time, as `performance.now()` has it, from which on it was idle
 * @throws GuestError `ERR_FLEDGE_BAKE` when systemd does not come up
 */
export async function settle(
  machine: OwnedMachine,
  signal: AbortSignal,
  update: (detail: string) => void,
): Promise<number> {
  const { channel } = machine
  update('waiting for systemd')
  const state = await ask(channel, 'systemctl is-system-running --wait || true', signal)
  if (state !== 'running' && state !== 'degraded') {
    throw new GuestError('ERR_FLEDGE_BAKE', `Cannot freeze "${machine.name}": systemd is "${state}"`, {
      lastSeen: await ask(channel, 'systemctl list-jobs --no-pager; systemctl --failed --no-pager', signal),
      consoleTail: machine.console.tail(),
    })
  }
  if (state === 'degraded') {
    const failed = await ask(channel, 'systemctl --failed --plain --no-legend | cut -d" " -f1', signal)
    notice(`The image of "${machine.name}" boots with failed units: ${failed.replaceAll('\n', ', ')}`)
  }
  while ((await ask(channel, 'systemctl list-jobs --no-legend', signal)) !== '')
    await sleep(200, undefined, { signal })
  // systemd can be up before udev has brought in the last device.
  await ask(channel, 'udevadm settle --timeout=60 || true', signal)
  await ask(channel, 'for i in 1 2 3; do true | cat; systemctl show -p Id init.scope; done; sync', signal)
  update('waiting until it is idle')
  const idleSince = await idle(machine, signal)
  await ask(channel, untilUdevRests, signal)
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
