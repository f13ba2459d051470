import type { GuestChannel } from '../channel/guest-channel.ts'
import { ask } from './ask.ts'

/**
 * Whether a guest's kernel can mount shares. What it needs for that is loaded, so that clones have it in their memory; a kernel
 * knows 9p by what `/proc/filesystems` says, and its transport by a driver of the virtio bus.
 */
export async function mounts9p(channel: GuestChannel, signal: AbortSignal): Promise<boolean> {
  return (await ask(channel, probe9p, signal, 'looking for 9p')) === 'yes'
}

/** Says `yes` or `no`. */
export const probe9p = `
modprobe -q -a 9p 9pnet_virtio overlay || true
grep -q -w 9p /proc/filesystems && [ -e /sys/bus/virtio/drivers/9pnet_virtio ] && echo yes || echo no`
