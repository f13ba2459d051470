import { once } from 'node:events'
import { chmod, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'

import * as v from 'valibot'

import { AgentRelay } from '../channel/agent-relay.ts'
import { relayQmp, type QmpRule } from '../qemu/qmp-relay.ts'
import { firstLine } from '../owner/remote/first-line.ts'
import { ourBuild } from '../owner/owner-place.ts'
import { relayPort } from './relay-port.ts'
import { relaySerial } from './relay-serial.ts'
import type { ServedMachine } from './served-machine.ts'

const opening = v.variant('open', [
  v.object({ build: v.string(), open: v.literal('control') }),
  v.object({
    build: v.string(),
    open: v.picklist(['agent', 'qmp', 'serial']),
    machine: v.string(),
    run: v.number(),
  }),
  v.object({
    build: v.string(),
    open: v.literal('port'),
    machine: v.string(),
    run: v.number(),
    guestPort: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  }),
])

/** How long who connects may take to say what for. */
const openingMs = 10_000

/** What a server does for those who connect. */
export interface ServerRules {
  /** The machine of an id, if who connects may ask for it. */
  readonly find: (id: string) => ServedMachine | undefined
  readonly qmpRule: QmpRule
  /** Serves a control connection until its end. */
  readonly control: (socket: Socket) => void
  /** Is told whenever a connection begins or ends. */
  readonly onChange?: () => void
}

/** Lets other processes of this user ask machines of this one, over a socket of the file system. The page is PROTOCOL.md. */
export class MachineServer implements AsyncDisposable {
  readonly path: string
  readonly #server: Server
  readonly #rules: ServerRules
  readonly #sockets = new Set<Socket>()

  private constructor(path: string, rules: ServerRules) {
    this.path = path
    this.#rules = rules
    this.#server = createServer((socket) => void this.#meet(socket))
  }

  /** Listens; a socket that a dead process left there is replaced. */
  static async listen(path: string, rules: ServerRules): Promise<MachineServer> {
    // Known before anyone asks: what is installed may be another by then.
    ourBuild()
    const server = new MachineServer(path, rules)
    await rm(path, { force: true })
    server.#server.listen(path)
    await once(server.#server, 'listening')
    await chmod(path, 0o600)
    return server
  }

  /** How many are connected. */
  get connections(): number {
    return this.#sockets.size
  }

  /** A server that does nothing must not keep its process. */
  unref(): void {
    this.#server.unref()
  }

  async #meet(socket: Socket): Promise<void> {
    this.#sockets.add(socket)
    this.#rules.onChange?.()
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#rules.onChange?.()
    })
    const slow = setTimeout(() => socket.destroy(), openingMs)
    const line = await firstLine(socket)
    clearTimeout(slow)
    if (line === undefined) return void socket.destroy()
    const asked = v.safeParse(opening, parse(line))
    const build = ourBuild()
    const refused = asked.success
      ? asked.output.build === build
        ? this.#open(socket, asked.output)
        : 'it is of another build'
      : 'it does not understand the first line'
    if (refused === undefined) return
    socket.end(`${JSON.stringify({ build, refused })}\n`, () => socket.destroy())
  }

  /** @returns why not, if so */
  #open(socket: Socket, asked: v.InferOutput<typeof opening>): string | undefined {
    const welcome = (): void => void socket.write(`${JSON.stringify({ build: ourBuild() })}\n`)
    if (asked.open === 'control') {
      welcome()
      this.#rules.control(socket)
      return undefined
    }
    const machine = this.#rules.find(asked.machine)
    if (!machine || machine.run !== asked.run) return 'it has no such machine'
    const { owned } = machine
    welcome()
    if (asked.open === 'port') void relayPort(owned, asked.guestPort, socket)
    else if (asked.open === 'agent') void new AgentRelay(owned.channel, socket)
    else if (asked.open === 'qmp') relayQmp(owned.qmp, socket, this.#rules.qmpRule)
    else relaySerial(owned, socket)
    // What was said last is sent before.
    void owned.exited().then(() => socket.end(() => socket.destroy()))
    return undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
