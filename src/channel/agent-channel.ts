import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'

import { FledgeError, GuestError } from '../errors.ts'
import { AgentCall, type SendFrame } from './agent-call.ts'
import { AgentPort } from './agent-port.ts'
import type { Call } from './call.ts'
import { encodeExecRequest, type ExecRequest } from './exec-request.ts'
import { FrameDecoder } from './frame-decoder.ts'
import type { Frame } from './frame.ts'
import type { GuestChannel } from './guest-channel.ts'
import { decodeStat, type GuestStat } from './guest-stat.ts'
import { decodeHelloReply, HelloScanner, type Hello } from './hello.ts'
import { macBytes } from './mac-address.ts'
import { misunderstood } from './misunderstood.ts'
import { encodeMount, type MountRequest } from './mount-request.ts'
import { PayloadWriter } from './payload-writer.ts'
import { encodeProbe, probeResult, type ProbeRequest, type ProbeResult } from './probe.ts'
import { nonceSize, replyType, requestType } from './protocol.ts'
import { decodeOutcome, refusal } from './refusal.ts'
import { outputWindow } from './call-output.ts'

/** What waits for frames of one id. */
export interface Pending {
  /** True when this was the last one. */
  receive(frame: Frame): boolean
  lose(error: FledgeError): void
}

/**
 * The host's end of the agent's port.
 *
 * Every method writes its request at once and in order, so that several can be called before the first
 * is awaited. Nothing but a {@link hello} is answered before the first hello.
 */
export class AgentChannel implements GuestChannel {
  readonly needsNetwork = false
  readonly #stream: Duplex
  readonly #port: AgentPort
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  #scanner: HelloScanner | undefined
  #decoder: FrameDecoder | undefined
  #stdinWindow = 0
  #greeting: Buffer | undefined
  readonly #sessionListeners = new Set<() => void>()
  #error: FledgeError | undefined

  /**
   * @param options - `endIsTold`: whoever owns the port tells of its end through {@link fail}, and knows more of it
   * than that the port was closed.
   */
  constructor(port: Duplex, options: { readonly endIsTold?: boolean } = {}) {
    this.#stream = port
    this.#port = new AgentPort(port)
    port.on('data', this.#onData)
    if (options.endIsTold === true) return
    port.on('error', this.#onError)
    port.on('close', this.#onClose)
    port.on('end', this.#onClose)
  }

  /**
   * Starts a session. What came before ends: pending calls fail here, and are detached in the guest.
   *
   * @param generation - 16 random bytes, made once for each QEMU process.
   */
  async hello(generation: Uint8Array, options: { signal?: AbortSignal } = {}): Promise<Hello> {
    options.signal?.throwIfAborted()
    this.#lose(
      new GuestError('ERR_FLEDGE_AGENT_LOST', 'Cannot finish: a new session with the guest agent began'),
    )
    if (this.#stream.destroyed) throw portClosed()
    this.#error = undefined
    this.#decoder = undefined
    const nonce = randomBytes(nonceSize)
    const payload = new PayloadWriter().bytes(nonce).bytes(generation).finish()
    // The id must be known before the answer can come, and the scanner before the request is sent.
    this.#scanner = new HelloScanner(nonce, this.#nextId())
    const reply = await this.#ask(requestType.hello, payload, 'say hello', options.signal)
    if (reply.type === replyType.done) refuse(reply, 'say hello')
    const { stdinWindow: _, ...hello } = decodeHelloReply(reply.payload)
    return hello
  }

  get inSession(): boolean {
    return this.#decoder !== undefined
  }

  /** The payload of the agent's answer to the hello that this session began with; none without a session. */
  get greeting(): Buffer | undefined {
    return this.inSession ? this.#greeting : undefined
  }

  /** Calls back when a session begins, until what it returns is called. */
  onSession(listener: () => void): () => void {
    this.#sessionListeners.add(listener)
    return () => void this.#sessionListeners.delete(listener)
  }

  /** Hands on a request of someone else, whose payload is not looked at; what belongs to it is sent by what this returns. */
  relay(type: number, payload: Buffer, pending: Pending): SendFrame {
    this.#check()
    const id = this.#nextId()
    this.#pending.set(id, pending)
    this.#port.send(type, id, payload)
    return (later, bytes) => this.#port.send(later, id, bytes)
  }

  /** Asks for a sign of life, after everything that was asked before. */
  async ping(options: { signal?: AbortSignal } = {}): Promise<void> {
    const reply = await this.#ask(requestType.ping, Buffer.alloc(0), 'ping the agent', options.signal)
    if (reply.type === replyType.done) refuse(reply, 'ping the agent')
  }

  /** Its answer ends the last frame: a clone's agent must not wake in the middle of one. */
  async rest(): Promise<void> {
    await this.ping()
  }

  async setClock(time: Date | number): Promise<void> {
    const milliseconds = typeof time === 'number' ? time : time.getTime()
    const seconds = Math.floor(milliseconds / 1000)
    const nanoseconds = Math.min(Math.round((milliseconds - seconds * 1000) * 1_000_000), 999_999_999)
    const payload = new PayloadWriter().i64(BigInt(seconds)).u32(nanoseconds).finish()
    await this.#command(requestType.clock, payload, 'set the clock')
  }

  /** Gives the kernel's random generator 1 to 512 bytes of entropy. */
  async reseed(entropy: Uint8Array): Promise<void> {
    await this.#command(requestType.reseed, Buffer.from(entropy), 'reseed the random generator')
  }

  async setHostname(name: string): Promise<void> {
    const payload = new PayloadWriter().string(name).finish()
    await this.#command(requestType.hostname, payload, `set the hostname "${name}"`)
  }

  /** Gives the interface that has the old Ethernet address the new one. */
  async setAddress(oldMac: string, newMac: string): Promise<void> {
    const payload = Buffer.concat([macBytes(oldMac), macBytes(newMac)])
    await this.#command(requestType.address, payload, `change the address "${oldMac}" to "${newMac}"`)
  }

  async mount(mount: MountRequest): Promise<void> {
    await this.#command(requestType.mount, encodeMount(mount), `mount "${mount.source}" on "${mount.target}"`)
  }

  async probe(probe: ProbeRequest, options: { signal?: AbortSignal } = {}): Promise<ProbeResult> {
    const title = `probe "${probe.address}"`
    const reply = await this.#ask(requestType.probe, encodeProbe(probe), title, options.signal)
    return probeResult(probe, decodeOutcome(reply.payload))
  }

  async stat(path: string): Promise<GuestStat | undefined> {
    const reply = await this.#ask(
      requestType.stat,
      new PayloadWriter().string(path).finish(),
      `stat "${path}"`,
    )
    if (reply.type === replyType.statReply) return decodeStat(reply.payload)
    const outcome = decodeOutcome(reply.payload)
    if (outcome.errno === 2) return undefined
    throw refusal('ERR_FLEDGE_GUEST_REQUEST', `stat "${path}"`, outcome)
  }

  async exec(request: ExecRequest, options: { signal?: AbortSignal } = {}): Promise<Call> {
    const { signal } = options
    const payload = encodeExecRequest(request, outputWindow)
    if (signal?.aborted === true) throw aborted(signal)
    this.#check()
    const id = this.#nextId()
    const call = new AgentCall(
      request,
      (type, bytes) => this.#port.send(type, id, bytes),
      () => this.#stdinWindow,
    )
    const abort = (): void => call.abort(aborted(signal))
    const forget = (): void => signal?.removeEventListener('abort', abort)
    signal?.addEventListener('abort', abort, { once: true })
    call.exited.then(forget, forget)
    this.#pending.set(id, call)
    this.#port.send(requestType.exec, id, payload)
    return call.started
  }

  fail(error: FledgeError): void {
    this.#error = error
    this.#scanner = undefined
    this.#decoder = undefined
    this.#lose(error)
  }

  /** Fails all that is pending and closes the port. */
  close(): void {
    if (!this.#error)
      this.fail(new GuestError('ERR_FLEDGE_STOPPED', 'Cannot finish: the channel to the guest was closed'))
    this.#stream.off('data', this.#onData).off('close', this.#onClose).off('end', this.#onClose)
    this.#stream.destroy()
  }

  async #command(type: number, payload: Buffer, title: string): Promise<void> {
    refuse(await this.#ask(type, payload, title), title)
  }

  /** One request and its one answer. */
  #ask(type: number, payload: Buffer, title: string, signal?: AbortSignal): Promise<Frame> {
    return new Promise((resolve, reject) => {
      this.#check()
      if (signal?.aborted === true) throw aborted(signal)
      const id = type === requestType.hello ? this.#lastId : this.#nextId()
      const abort = (): void => reject(aborted(signal))
      const forget = (): void => signal?.removeEventListener('abort', abort)
      signal?.addEventListener('abort', abort, { once: true })
      this.#pending.set(id, {
        receive: (frame) => {
          if (frame.type !== (answers.get(type) ?? replyType.done) && frame.type !== replyType.done)
            throw misunderstood(`it answered with the frame ${frame.type} when asked to ${title}`)
          forget()
          resolve(frame)
          return true
        },
        lose: (error) => {
          forget()
          reject(error)
        },
      })
      this.#port.send(type, id, payload)
    })
  }

  /** Ids go around after 2^32 requests and step over those in use; 0 is not a call. */
  #nextId(): number {
    do this.#lastId = this.#lastId >= 0xffff_ffff ? 1 : this.#lastId + 1
    while (this.#pending.has(this.#lastId))
    return this.#lastId
  }

  #check(): void {
    if (this.#error) throw this.#error
    if (!this.#scanner && !this.#decoder) {
      throw new GuestError('ERR_FLEDGE_PROTOCOL', 'Cannot ask the guest agent: nobody said hello to it')
    }
  }

  readonly #onData = (bytes: Buffer): void => {
    try {
      const framed = this.#scanner ? this.#findReply(bytes) : bytes
      if (!framed || !this.#decoder) return
      for (const frame of this.#decoder.push(framed)) this.#dispatch(frame)
    } catch (error) {
      this.fail(error instanceof FledgeError ? error : misunderstood('it failed to be read', error))
    }
  }

  #findReply(bytes: Buffer): Buffer | undefined {
    const framed = this.#scanner?.push(bytes)
    if (!framed) return undefined
    this.#scanner = undefined
    this.#decoder = new FrameDecoder()
    return framed
  }

  #dispatch(frame: Frame): void {
    if (frame.type === replyType.helloReply) this.#begin(frame.payload)
    const pending = this.#pending.get(frame.id)
    // Whoever waits for what this was an answer to would wait for ever.
    if (!pending) throw misunderstood(`the frame ${frame.type} answers nothing that was asked`)
    if (pending.receive(frame)) this.#pending.delete(frame.id)
  }

  #begin(greeting: Buffer): void {
    this.#stdinWindow = decodeHelloReply(greeting).stdinWindow
    this.#greeting = Buffer.from(greeting)
    for (const listener of this.#sessionListeners) listener()
  }

  readonly #onError = (error: Error): void => {
    this.fail(
      new GuestError('ERR_FLEDGE_AGENT_LOST', 'Cannot reach the guest agent: its port failed', {
        cause: error,
      }),
    )
  }

  readonly #onClose = (): void => {
    if (!this.#error) this.fail(portClosed())
  }

  #lose(error: FledgeError): void {
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const one of pending) one.lose(error)
  }
}

const answers = new Map<number, number>([
  [requestType.hello, replyType.helloReply],
  [requestType.ping, replyType.pong],
  [requestType.stat, replyType.statReply],
])

function portClosed(): GuestError {
  return new GuestError('ERR_FLEDGE_AGENT_LOST', 'Cannot reach the guest agent: its port was closed')
}

function refuse(reply: Frame, title: string): void {
  const outcome = decodeOutcome(reply.payload)
  if (outcome.errno !== 0) throw refusal('ERR_FLEDGE_GUEST_REQUEST', title, outcome)
}

function aborted(signal: AbortSignal | undefined): GuestError {
  return new GuestError('ERR_FLEDGE_ABORTED', 'Cannot finish: the call was aborted', {
    cause: signal?.reason,
  })
}
