import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import { AgentChannel } from '../channel/agent-channel.ts'
import type { GuestChannel } from '../channel/guest-channel.ts'
import type { Hello } from '../channel/hello.ts'
import { GuestError, type FledgeError } from '../errors.ts'
import type { HostForward } from '../qemu/host-forward.ts'
import type { QemuLink, ScreenFormat } from '../qemu/qemu-link.ts'
import { QemuProcess, type QemuExit, type QemuSpawn } from '../qemu/qemu-process.ts'
import type { QmpClient } from '../qemu/qmp-client.ts'
import type { QmpEvent } from '../qemu/qmp-types.ts'
import { deferred } from '../util/with-deadline.ts'
import { ConsoleLog } from './console-log.ts'
import { panicked, whyEnded, whyStopped, type EndDetails } from './end-of-machine.ts'
import { EventLog } from './event-log.ts'

/** What a machine is called, besides its QEMU. */
interface OwnedNames {
  /** For messages. */
  readonly name: string
  /** Where what it writes to its disk is kept, for messages. */
  readonly diskFolder: string
  /** Where the serial console is written besides memory. */
  readonly consoleFile?: string | undefined
}

/** What a machine is started with. */
export interface OwnedSpec extends OwnedNames, QemuSpawn {}

/** A QEMU that runs already, and belongs to another process. */
export interface LinkedSpec extends OwnedNames {
  readonly link: QemuLink
}

/** How long a panicking kernel gets to finish its last words on the console. */
const lastWordsMs = 100
/** When to say hello again to an agent that does not answer. */
const helloAgainMs = 5_000
/** How long QEMU may take to end when it is asked to. */
const quitMs = 2_000

/**
 * A running QEMU and the only holder of its pipes in this process; with a link, another process has the pipes' other ends.
 *
 * It tells everyone who waits for anything of the machine when that ends, for whatever reason. It decides
 * nothing: whether to boot, clone or stop is its caller's.
 */
export class OwnedMachine {
  readonly name: string
  readonly console: ConsoleLog
  readonly events: EventLog = new EventLog()
  /** Random for each QEMU process; the agent makes itself a new identity by it. */
  readonly generation: Buffer = randomBytes(16)
  /** Settles when the machine can no longer be used, with the reason; never rejects. */
  readonly ended: Promise<FledgeError>
  readonly #process: QemuLink
  readonly #diskFolder: string
  readonly #end = deferred<FledgeError>()
  readonly #endListeners = new Set<(reason: FledgeError) => void>()
  readonly #channel: AgentChannel
  #guest: GuestChannel | undefined
  #agentWasLost = false
  #poweredOff = false
  #hasRun = false
  #isPaused = false
  #stopping = false
  #over: FledgeError | undefined

  constructor(spec: OwnedSpec | LinkedSpec) {
    this.name = spec.name
    this.#diskFolder = spec.diskFolder
    this.ended = this.#end.promise
    this.console = new ConsoleLog(spec.consoleFile)
    this.#process = 'link' in spec ? spec.link : new QemuProcess(spec)
    this.#process.serial.on('data', (bytes: Buffer) => this.console.append(bytes))
    this.#channel = new AgentChannel(this.#process.agent, { endIsTold: true })
    this.#process.qmp.onEvent((event) => this.#observe(event))
    void this.#process.exited.then((exit) => this.#exited(exit))
  }

  get pid(): number {
    return this.#process.pid
  }

  get qmp(): QmpClient {
    return this.#process.qmp
  }

  get channel(): AgentChannel {
    return this.#channel
  }

  /** How the guest is asked for something: by its agent, unless {@link useChannel} was told of another way. */
  get guest(): GuestChannel {
    return this.#guest ?? this.#channel
  }

  /** Asks the guest another way than by its agent from now on; what is asked so fails, too, when the machine ends. */
  useChannel(channel: GuestChannel): void {
    this.#guest = channel
    if (this.#over) channel.fail(this.#over)
  }

  /** The reason why the machine can no longer be used, once there is one. */
  get over(): FledgeError | undefined {
    return this.#over
  }

  /** Whether the guest powered itself off. */
  get poweredOff(): boolean {
    return this.#poweredOff
  }

  /** Why the guest does not run at the moment, where that can be seen from outside. */
  get standstill(): string | undefined {
    if (this.#process.isStopped) return 'QEMU is stopped (SIGSTOP)'
    return this.#isPaused ? 'the machine is paused' : undefined
  }

  /** Forwards a port until this run ends; the port of the host is given. */
  async forward(forward: HostForward, signal: AbortSignal): Promise<number> {
    return this.#process.forward(forward, signal)
  }

  /** The picture on the screen. */
  async dumpScreen(format: ScreenFormat, signal: AbortSignal): Promise<Buffer> {
    return this.#process.dumpScreen(format, signal)
  }

  /** Types on the serial console; resolves when QEMU has been given it. */
  async writeConsole(bytes: Uint8Array): Promise<void> {
    const { promise, resolve } = deferred<void>()
    // What keeps it from being written is the machine's end, which is told elsewhere.
    this.#process.serial.write(bytes, (error) => error ?? resolve())
    return promise
  }

  /** Calls back once, with the reason, when the machine can no longer be used; until what it returns is called. */
  onEnd(listener: (reason: FledgeError) => void): () => void {
    this.#endListeners.add(listener)
    return () => void this.#endListeners.delete(listener)
  }

  /**
   * Says hello until the agent answers: a hello can be lost between an agent that ends and its successor. Only the last
   * one's answer is heard.
   */
  async greet(options: { readonly signal?: AbortSignal } = {}): Promise<Hello> {
    for (;;) {
      if (this.#over) throw this.#over
      const answer = this.#channel.hello(this.generation, options)
      answer.catch(() => {})
      const hello = await Promise.race([answer, sleep(helloAgainMs, undefined, { ...options, ref: false })])
      if (hello) return hello
    }
  }

  /** Asks QEMU to end, and ends it when it does not. As {@link kill} in all else. */
  async stop(): Promise<void> {
    this.#giveUp()
    this.#process.qmp.run('quit', undefined, { timeoutMs: quitMs }).catch(() => this.#process.kill())
    const force = setTimeout(() => this.#process.kill(), quitMs)
    await this.#process.exited
    clearTimeout(force)
    this.console.close()
  }

  /** Asks nothing more of a machine that belongs to another process, and leaves it as it is. */
  letGo(): void {
    this.#giveUp('was let go of here, and runs on')
    this.console.close()
  }

  /** Ends QEMU and waits until it is gone. Pending calls fail with `ERR_FLEDGE_STOPPED`. Idempotent. */
  async kill(): Promise<void> {
    this.#giveUp()
    this.#process.kill()
    await this.#process.exited
    this.console.close()
  }

  /** Waits until QEMU has gone by itself. */
  async exited(): Promise<QemuExit> {
    return this.#process.exited
  }

  #giveUp(how = 'was stopped'): void {
    this.#stopping = true
    const message = `The machine "${this.name}" ${how}`
    this.#finish(new GuestError('ERR_FLEDGE_STOPPED', message, { machine: this.name }))
  }

  #observe(event: QmpEvent): void {
    this.events.append(event)
    const { name, data } = event
    if (name === 'GUEST_PANICKED') setTimeout(() => this.#finish(panicked(this)), lastWordsMs)
    else if (name === 'SHUTDOWN') this.#poweredOff = data['guest'] === true
    else if (name === 'STOP') void this.#explainStop()
    else if (name === 'RESUME') this.#resumed()
    // A guest that boots anew knows nothing of what was under way, and ends none of it.
    else if (name === 'RESET') void this.#guest?.rest()
    else if (name === 'VSERPORT_CHANGE' && data['id'] === 'agent') this.#agentMoved(data['open'] === true)
  }

  /** QEMU tells when the guest opens and closes its port: at the agent's start, its death, and a reboot. */
  #agentMoved(open: boolean): void {
    if (this.#over) return
    // Not by what was open before: QEMU tells of a clone's port before anyone can listen.
    if (!open && this.#channel.inSession) {
      this.#agentWasLost = true
      const message = `The agent of the machine "${this.name}" went away`
      this.#channel.fail(new GuestError('ERR_FLEDGE_AGENT_LOST', message, this.#details()))
    } else if (open && this.#agentWasLost) {
      this.#agentWasLost = false
      // A new agent, after a reboot or its death.
      this.greet().catch(() => {})
    }
  }

  #resumed(): void {
    this.#hasRun = true
    this.#isPaused = false
  }

  async #explainStop(): Promise<void> {
    this.#isPaused = true
    const status = await this.#process.qmp.run('query-status').catch(() => undefined)
    const end = whyStopped(this.#details(), status?.status, this.#diskFolder)
    if (end) this.#finish(end)
  }

  #exited(exit: QemuExit): void {
    if (this.#stopping) return
    this.#finish(whyEnded(this.#details(), exit, { poweredOff: this.#poweredOff, hasRun: this.#hasRun }))
  }

  #finish(error: FledgeError): void {
    if (this.#over) return
    this.#over = error
    this.#channel.fail(error)
    this.#guest?.fail(error)
    this.#end.resolve(error)
    for (const listener of this.#endListeners) listener(error)
  }

  #details(): EndDetails {
    return { machine: this.name, consoleTail: this.console.tail() }
  }
}
