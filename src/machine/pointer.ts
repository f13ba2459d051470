import { setTimeout as sleep } from 'node:timers/promises'

import type { QmpInputEvent } from '../qemu/qmp-types.ts'
import { Attempt } from './command.ts'
import { lookAtScreen } from './look-at-screen.ts'
import { retry } from './retry.ts'
import type { RunningVerb, VerbContext } from './verb.ts'

/** The name that the guest's kernel has for the device. */
const deviceName = 'QEMU Virtio Tablet'

/** Whether a program, such as a display server, has opened the pointer. It needs nothing but a shell with coreutils or a busybox. */
const isReadScript = `
  for input in /sys/class/input/event*; do
    [ "$(cat "$input/device/name" 2> /dev/null)" = "$1" ] || continue
    ls -l /proc/[0-9]*/fd 2> /dev/null | grep -q "/dev/input/\\(\${input##*/}\\|mice\\)$" && exit 0
  done
  exit 1`

/**
 * Sees to it that the machine has a pointer with absolute places, and that something in the guest reads it. It is plugged in when it is first
 * needed, so that machines without a use for it do without.
 */
export async function readyPointer(
  context: VerbContext,
  { signal, saw, timeoutMs }: RunningVerb,
): Promise<void> {
  const { qmp } = context.owned
  const isCurrent = async (): Promise<boolean> =>
    (await qmp.run('query-mice', undefined, { signal })).some(({ absolute, current }) => absolute && current)
  if (await isCurrent()) return
  const plugged = await qmp.run('qom-list', { path: '/machine/peripheral' }, { signal })
  if (!plugged.some(({ name }) => name === 'pointer')) {
    await qmp.run('device_add', { driver: 'virtio-tablet-pci', id: 'pointer' }, { signal })
  }
  saw('the guest has no driver for the pointer yet')
  await retry(signal, async () => ((await isCurrent()) ? true : undefined))
  saw('nothing in the guest reads the pointer yet')
  await retry(signal, async () => {
    const command = ['sh', '-uc', isReadScript, 'sh', deviceName] as const
    const { exitCode } = await new Attempt(context, command, {}).run({ signal, timeoutMs })
    return exitCode === 0 ? true : undefined
  })
}

/** A place on the screen as the pointer has it: the middle of a pixel. */
export async function eventsAt(
  context: VerbContext,
  x: number,
  y: number,
  signal: AbortSignal,
): Promise<QmpInputEvent[]> {
  const { width, height } = await lookAtScreen(context.owned, signal)
  return [along('x', x, width), along('y', y, height)]
}

function along(axis: 'x' | 'y', at: number, length: number): QmpInputEvent {
  const value = Math.min(32_767, Math.round(((at + 0.5) * 32_768) / length))
  return { type: 'abs', data: { axis, value } }
}

/** Waits for as long as a person would between two movements. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
}
