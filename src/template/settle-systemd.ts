import { setTimeout as sleep } from 'node:timers/promises'

import { GuestError } from '../errors.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import { notice } from '../util/notice.ts'
import { ask } from './ask.ts'

/** Waits until systemd is up and no job is queued; then what tests ask of it first has run once. */
export async function settleSystemd(machine: OwnedMachine, signal: AbortSignal): Promise<void> {
  const { guest: channel } = machine
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
}

/** Ends when udev has no worker any more. */
export const untilSystemdsUdevRests = `
  udev=$(systemctl show --property MainPID --value systemd-udevd.service)
  for turn in $(seq 50); do
    [ -n "$(cat "/proc/$udev/task/$udev/children" 2>/dev/null)" ] || break
    sleep 0.2
  done`
