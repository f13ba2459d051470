import type { Socket } from 'node:net'

import { addHostForward, type HostForward } from '../../qemu/host-forward.ts'
import { isStopped } from '../../qemu/process-state.ts'
import type { QemuLink, ScreenFormat } from '../../qemu/qemu-link.ts'
import type { QemuExit } from '../../qemu/qemu-process.ts'
import { QmpClient } from '../../qemu/qmp-client.ts'
import { openSocket } from './open-socket.ts'
import type { MachineDescription } from './machine-description.ts'
import type { RemoteOwner } from './remote-owner.ts'

/** A QEMU that another process holds; this one has a connection for each of its pipes. */
export class RemoteQemu implements QemuLink {
  readonly pid: number
  readonly qmp: QmpClient
  readonly serial: Socket
  readonly agent: Socket
  readonly exited: Promise<QemuExit>
  readonly #owner: RemoteOwner
  readonly #machine: MachineDescription

  /** Connects to a machine as it runs now. */
  static async open(owner: RemoteOwner, machine: MachineDescription): Promise<RemoteQemu> {
    const { id, run } = machine
    // Told before it could have ended.
    const exit = owner.exitOf(id, run)
    const [qmp, serial, agent] = await Promise.all(
      (['qmp', 'serial', 'agent'] as const).map((open) => openSocket(owner.path, { open, machine: id, run })),
    )
    if (!qmp || !serial || !agent) throw new Error('three were opened')
    return new RemoteQemu(owner, machine, { qmp, serial, agent, exit })
  }

  private constructor(
    owner: RemoteOwner,
    machine: MachineDescription,
    {
      qmp,
      serial,
      agent,
      exit,
    }: { readonly qmp: Socket; readonly serial: Socket; readonly agent: Socket; exit: Promise<QemuExit> },
  ) {
    this.#owner = owner
    this.#machine = machine
    this.pid = machine.pid
    this.serial = serial
    this.agent = agent
    this.qmp = new QmpClient(qmp, { endIsTold: true })
    // What it said last is on its way in the other connections.
    const ends = [qmp, serial].map(closed)
    // When the way to its holder is closed, so are these.
    void owner.closed.then(() => [qmp, serial, agent].forEach((each) => each.destroy()))
    this.exited = exit.then(async (how) => {
      await Promise.all(ends)
      agent.destroy()
      return how
    })
  }

  get isStopped(): boolean {
    return isStopped(this.pid)
  }

  kill(): void {
    // When there is nobody left to ask, it is dead.
    this.#owner.kill(this.#machine.id, this.#machine.run).catch(() => {})
  }

  /** In a seal, whose loopback is not that of QEMU, the port is one of this process. */
  async forward(forward: HostForward, signal: AbortSignal): Promise<number> {
    if (!process.env['FLEDGE_OWNER']) return addHostForward(this.qmp, forward, signal)
    const { portInSeal, portOf } = await import('./port-in-seal.ts')
    const server = await portInSeal(this.#owner.path, this.#machine, forward)
    void this.exited.then(() => server.close())
    return portOf(server)
  }

  async dumpScreen(format: ScreenFormat, signal: AbortSignal): Promise<Buffer> {
    return this.#owner.dumpScreen(this.#machine.id, format, signal)
  }
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()))
}
