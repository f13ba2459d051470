import { setTimeout as sleep } from 'node:timers/promises'

import type { OwnedMachine } from '../owner/owned-machine.ts'
import { notice } from '../util/notice.ts'
import { ask } from './ask.ts'

/**
 * Waits until OpenRC has come to the runlevel that is the last of a boot and has started its services, by what it keeps of that in
 * `/run/openrc` (`librc.h` of its sources): the runlevel, `rc.starting` while it comes to one, a link for each service in a state.
 */
export async function settleOpenrc(machine: OwnedMachine, signal: AbortSignal): Promise<void> {
  const { guest: channel } = machine
  while ((await ask(channel, isUp, signal)) !== 'up') await sleep(200, undefined, { signal })
  const failed = await ask(channel, 'ls /run/openrc/failed 2> /dev/null || true', signal)
  if (failed !== '') {
    notice(`The image of "${machine.name}" boots with failed services: ${failed.replaceAll('\n', ', ')}`)
  }
  await ask(channel, settleUdev, signal)
  await ask(channel, 'for i in 1 2 3; do true | cat; rc-status > /dev/null; done; sync', signal)
}

/** Boots end in `default`, or in what `softlevel=` of the kernel's command line names. */
export const isUp = `
  last=$(sed -n 's/.*softlevel=\\([^ ]*\\).*/\\1/p' /proc/cmdline)
  if [ "$(cat /run/openrc/softlevel 2> /dev/null)" = "\${last:-default}" ] && ! [ -e /run/openrc/rc.starting ] &&
    [ -z "$(ls /run/openrc/starting 2> /dev/null)" ]; then
    echo up
  fi`

/** Devices may be brought in by udev, by its kin eudev, or by mdev, which has no process that works later. */
export const settleUdev = 'if command -v udevadm > /dev/null; then udevadm settle --timeout=60 || true; fi'

/** Ends when udev has no worker any more: these have its own name. */
export const untilOpenrcsUdevRests = `
  for turn in $(seq 50); do
    [ "$(pidof systemd-udevd udevd | wc -w)" -gt 1 ] || break
    sleep 0.2
  done`
