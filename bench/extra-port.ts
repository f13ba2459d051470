import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Machine } from 'fledge'

/** One more virtio-serial port of a running machine, with nothing of fledge on it. */
export interface ExtraPort extends AsyncDisposable {
  /** In the guest. */
  readonly device: string
  readonly socket: Socket
}

/** Plugs a raw port, or one that the guest takes for a console, into a running machine. */
export async function plugPort(vm: Machine, kind: 'virtserialport' | 'virtconsole'): Promise<ExtraPort> {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-bench-'))
  try {
    const path = join(folder, 'port')
    const name = `bench-${kind}`
    await demand(vm, `chardev-add socket,id=${name},path=${path},server=on,wait=off`)
    const socket = connect(path)
    await once(socket, 'connect')
    await demand(vm, `device_add ${kind},id=${name}-device,bus=ports.0,chardev=${name},name=${name}`)
    const find = `grep -lx ${name} /sys/class/virtio-ports/*/name | cut -d/ -f5`
    const { stdout } = await vm.waitUntilSucceeds(`test -c /dev/$(${find}) && ${find}`)
    const device = kind === 'virtconsole' ? '/dev/hvc0' : `/dev/${stdout.trim()}`
    return {
      device,
      socket,
      async [Symbol.asyncDispose]() {
        socket.destroy()
        await rm(folder, { recursive: true })
      },
    }
  } catch (error) {
    await rm(folder, { recursive: true })
    throw error
  }
}

/** The monitor says something only when it could not. */
async function demand(vm: Machine, line: string): Promise<void> {
  const said = (await vm.sendMonitorCommand(line)).trim()
  if (said !== '') throw new Error(`QEMU refused "${line}": ${said}`)
}
