import type { GuestChannel } from '../channel/guest-channel.ts'

/** Whether systemd is the init of a guest, by what it goes by itself: sd_booted(3). */
export async function hasSystemd(channel: GuestChannel): Promise<boolean> {
  return (await channel.stat('/run/systemd/system'))?.isDirectory ?? false
}

/** Whether OpenRC starts the services of a guest. */
export async function hasOpenrc(channel: GuestChannel): Promise<boolean> {
  return (await channel.stat('/run/openrc'))?.isDirectory ?? false
}

/** A script that tells what only this boot of the guest has: Linux makes a random number for it, the BSDs know when it was. */
export const bootMark = 'cat /proc/sys/kernel/random/boot_id 2> /dev/null || sysctl -n kern.boottime'

/** A line for any shell that has the init of the guest end the machine, and does not wait for that; OpenBSD has no `poweroff`. */
export const powerOff =
  '{ [ -d /run/systemd/system ] && systemctl poweroff --no-block; } || poweroff || shutdown -p now'
