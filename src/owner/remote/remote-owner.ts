import { channel } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

import * as v from 'valibot'

import type { QemuExit } from '../../qemu/qemu-process.ts'
import type { ScreenFormat } from '../../qemu/qemu-link.ts'
import { notice, type NoticeMessage } from '../../util/notice.ts'
import type { ProgressMessage } from '../../util/progress.ts'
import { deferred } from '../../util/with-deadline.ts'
import { Conversation } from './conversation.ts'
import { machineDescription, type MachineDescription } from './machine-description.ts'
import { openSocket } from './open-socket.ts'

const descriptions = v.array(machineDescription)
const exitEvent = v.object({
  exit: v.object({
    id: v.string(),
    run: v.number(),
    code: v.nullable(v.number()),
    signal: v.nullable(v.custom<NodeJS.Signals>((value) => typeof value === 'string')),
    stderr: v.string(),
  }),
})
const note = v.union([
  v.object({ progress: v.custom<ProgressMessage>((value) => typeof value === 'object') }),
  v.object({ notice: v.custom<NoticeMessage>((value) => typeof value === 'object') }),
])
const progress = channel('fledge:progress')

/** Steps of other processes have numbers of their own. */
let connections = 0
const stepsOfOne = 1_000_000

/** A process that holds machines, as its clients see it. What it refuses, it throws as the library would here. */
export class RemoteOwner implements Disposable {
  /** Of its socket. */
  readonly path: string
  readonly #socket: Socket
  readonly #conversation: Conversation
  readonly #exits = new Map<string, ReturnType<typeof deferred<QemuExit>>>()
  readonly #firstStep = ++connections * stepsOfOne

  /**
   * Connects to a process that holds machines.
   *
   * @throws EnvironmentError `ERR_FLEDGE_OWNER` when it is of another build; the system's error when nobody listens
   */
  static async connect(path: string): Promise<RemoteOwner> {
    return new RemoteOwner(path, await openSocket(path, { open: 'control' }))
  }

  private constructor(path: string, socket: Socket) {
    this.path = path
    this.#socket = socket
    this.#conversation = new Conversation(socket, answerNothing, (event) => this.#hear(event))
    void this.#conversation.closed.then(() => this.#lose())
    // A machine's own connections keep a process that has one.
    socket.unref()
  }

  /** Settles when it is gone. */
  get closed(): Promise<void> {
    return this.#conversation.closed
  }

  /** Makes what a machine is cloned from. */
  async prepare(image: string, options: object, signal?: AbortSignal): Promise<unknown> {
    return this.ask('prepare', { image, options }, signal)
  }

  /** Launches a machine, which ends with this connection unless it is to be kept. */
  async launch(
    image: string,
    options: object,
    { keep, file, signal }: { keep: boolean; file?: string | undefined; signal?: AbortSignal | undefined },
  ): Promise<MachineDescription> {
    return v.parse(machineDescription, await this.ask('launch', { image, options, keep, file }, signal))
  }

  /** All machines that it holds. */
  async list(): Promise<readonly MachineDescription[]> {
    return v.parse(descriptions, await this.ask('list'))
  }

  /** A machine that runs, to be asked from here as well. */
  async attach(id: string): Promise<MachineDescription> {
    return v.parse(machineDescription, await this.ask('attach', { id }))
  }

  /** Starts a machine again that has ended. */
  async start(id: string, timeoutMs: number, signal: AbortSignal): Promise<MachineDescription> {
    return v.parse(machineDescription, await this.ask('start', { id, timeoutMs }, signal))
  }

  /** Gives a machine that has rebooted its name, shares and time. */
  async claim(id: string, signal: AbortSignal): Promise<void> {
    await this.ask('claim', { id }, signal)
  }

  /** Copies back what is to be copied back of its shares. */
  async syncShares(id: string, signal: AbortSignal): Promise<void> {
    await this.ask('syncShares', { id }, signal)
  }

  /** Ends the QEMU of one run of a machine, which can be started again then. */
  async kill(id: string, run: number): Promise<void> {
    await this.ask('kill', { id, run })
  }

  /** Ends a machine and lets go of its disk; returns when it has ended. */
  async end(id: string, how: 'stop' | 'kill'): Promise<void> {
    await this.ask('end', { id, how })
  }

  async dumpScreen(id: string, format: ScreenFormat, signal: AbortSignal): Promise<Buffer> {
    const text = v.parse(v.string(), await this.ask('dumpScreen', { id, format }, signal))
    return Buffer.from(text, 'base64')
  }

  /** Where the root disk of a machine that is off can be read, by qemu-img. */
  async diskSource(id: string): Promise<string | undefined> {
    return v.parse(v.optional(v.string()), await this.ask('diskSource', { id }))
  }

  /** How one run of a machine ends; also when that has been told already. */
  async exitOf(id: string, run: number): Promise<QemuExit> {
    return this.#exit(id, run).promise
  }

  [Symbol.dispose](): void {
    this.#conversation.close()
  }

  /** Asks for anything, as it stands in src/serve/PROTOCOL.md. */
  async ask(verb: string, given?: unknown, signal?: AbortSignal): Promise<unknown> {
    this.#socket.ref()
    try {
      return await this.#conversation.ask(verb, given, { signal, onNote: (told) => this.#note(told) })
    } finally {
      if (!this.#conversation.isWaiting) this.#socket.unref()
    }
  }

  /** What it tells of its steps is told here as our own. */
  #note(told: unknown): void {
    const parsed = v.safeParse(note, told)
    if (!parsed.success) return
    if ('notice' in parsed.output) return notice(parsed.output.notice.message, parsed.output.notice.hint)
    const step = parsed.output.progress
    progress.publish({ ...step, id: this.#firstStep + step.id })
  }

  #hear(event: unknown): void {
    const parsed = v.safeParse(exitEvent, event)
    if (!parsed.success) return
    const { id, run, ...exit } = parsed.output.exit
    this.#exit(id, run).resolve(exit)
  }

  #exit(id: string, run: number): ReturnType<typeof deferred<QemuExit>> {
    const key = `${id} ${run}`
    const known = this.#exits.get(key) ?? deferred<QemuExit>()
    this.#exits.set(key, known)
    return known
  }

  #lose(): void {
    const stderr = 'the process that held it is gone'
    for (const exit of this.#exits.values()) exit.resolve({ code: null, signal: 'SIGKILL', stderr })
  }
}

async function answerNothing(): Promise<never> {
  throw new Error('a client answers nothing')
}
