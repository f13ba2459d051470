import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { Machine } from '../machine/machine.ts'
import { socketFolder } from '../owner/owner-place.ts'
import { Client } from './client.ts'
import { Hold } from './hold.ts'
import { MachineServer } from './machine-server.ts'
import { ServedMachine } from './served-machine.ts'

/** As the library has it. */
export async function serveMachine(machine: Machine): Promise<AsyncDisposable> {
  const hold = new Hold()
  hold.add(new ServedMachine(machine))
  const path = join(socketFolder(), `${process.pid}-${randomUUID().slice(0, 8)}.sock`)
  const server = await MachineServer.listen(path, {
    find: (id) => hold.find(id),
    qmpRule: () => undefined,
    control: (socket) => void new Client(socket, hold, { seesAll: true }),
  })
  server.unref()
  return {
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(path, { force: true })
    },
  }
}
