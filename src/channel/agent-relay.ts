import type { Duplex } from 'node:stream'

import { FledgeError } from '../errors.ts'
import type { SendFrame } from './agent-call.ts'
import type { AgentChannel } from './agent-channel.ts'
import { AgentPort } from './agent-port.ts'
import { outputWindow } from './call-output.ts'
import { FrameDecoder } from './frame-decoder.ts'
import type { Frame } from './frame.ts'
import { PayloadWriter } from './payload-writer.ts'
import { nonceSize, replyType, requestType } from './protocol.ts'
import { signalNumber } from './signal-numbers.ts'

/** Frames that belong to a call and are not answered. */
const partsOfCalls = new Set<number>([
  requestType.stdin,
  requestType.window,
  requestType.signal,
  requestType.resize,
])
/** Answers after which more may come. */
const partsOfAnswers = new Set<number>([
  replyType.started,
  replyType.stdout,
  replyType.stderr,
  replyType.stdinWindow,
])

/** One request of the client that is not at its end. */
interface OpenRequest {
  readonly isCall: boolean
  /** Whether the client still wants to hear of it. */
  wanted: boolean
  send: SendFrame
}

/**
 * Lets another process speak the agent's protocol over a channel of ours: its requests get ids of ours, its hello is answered in the agent's
 * place, and when it goes, all that it runs is killed. Windows are between the client and the agent, so nothing heaps up here.
 */
export class AgentRelay {
  readonly #channel: AgentChannel
  readonly #port: AgentPort
  readonly #stream: Duplex
  readonly #decoder: FrameDecoder = new FrameDecoder()
  readonly #requests = new Map<number, OpenRequest>()
  readonly #forgetSession: () => void
  #hello: { readonly id: number; readonly nonce: Buffer } | undefined

  constructor(channel: AgentChannel, stream: Duplex) {
    this.#channel = channel
    this.#stream = stream
    this.#port = new AgentPort(stream)
    this.#forgetSession = channel.onSession(() => this.#answerHello())
    stream.on('data', (bytes: Buffer) => this.#take(bytes))
    stream.on('close', () => this.#close())
  }

  #take(bytes: Buffer): void {
    try {
      for (const frame of this.#decoder.push(bytes)) this.#request(frame)
    } catch (error) {
      // What comes after bytes that are no frame can be understood by nobody.
      this.#stream.destroy(error instanceof Error ? error : undefined)
    }
  }

  #request({ type, id, payload }: Frame): void {
    if (type === requestType.hello) return this.#greet(id, payload)
    const running = this.#requests.get(id)
    if (partsOfCalls.has(type)) return running?.send(type, payload)
    const request: OpenRequest = {
      isCall: type === requestType.exec,

      wanted: true,
      send: () => {},
    }
    this.#requests.set(id, request)
    try {
      request.send = this.#channel.relay(type, Buffer.from(payload), {
        receive: (frame) => this.#receive(id, request, frame),
        lose: () => this.#lose(id, request),
      })
    } catch (error) {
      if (!(error instanceof FledgeError)) throw error
      this.#lose(id, request)
    }
  }

  #receive(id: number, request: OpenRequest, { type, payload }: Frame): boolean {
    const isLast = !partsOfAnswers.has(type)
    if (request.wanted) this.#port.send(type, id, payload)
    else if (type === replyType.started) end(request)
    // The agent waits for windows before it tells of the end.
    else if (type === replyType.stdout || type === replyType.stderr) grant(request, type, payload.length)
    if (isLast && this.#requests.get(id) === request) this.#requests.delete(id)
    return isLast
  }

  /** The client is not told: that the agent or the machine went, it sees by itself, and knows better why. */
  #lose(id: number, request: OpenRequest): void {
    if (this.#requests.get(id) === request) this.#requests.delete(id)
  }

  /** A session ends all that was before, as it does at the agent: what runs goes on, unheard. */
  #greet(id: number, payload: Buffer): void {
    this.#drop((request) => request.send(requestType.stdin, Buffer.alloc(0)))
    this.#hello = { id, nonce: Buffer.from(payload.subarray(0, nonceSize)) }
    this.#answerHello()
  }

  #answerHello(): void {
    const { greeting } = this.#channel
    if (!this.#hello || !greeting) return
    const { id, nonce } = this.#hello
    this.#hello = undefined
    this.#port.send(replyType.helloReply, id, Buffer.concat([nonce, greeting.subarray(nonceSize)]))
  }

  #close(): void {
    this.#forgetSession()
    this.#drop(end)
  }

  /** The client's windows are gone with it, so that ours have to do from now on. */
  #drop(part: (call: OpenRequest) => void): void {
    for (const request of this.#requests.values()) {
      request.wanted = false
      if (!request.isCall) continue
      for (const type of [replyType.stdout, replyType.stderr]) grant(request, type, outputWindow)
      part(request)
    }
    this.#requests.clear()
  }
}

/** Kills a command and all that it started. */
function end({ send }: OpenRequest): void {
  send(
    requestType.signal,
    new PayloadWriter()
      .u32(signalNumber('SIGKILL') ?? 9)
      .u8(1)
      .finish(),
  )
}

function grant({ send }: OpenRequest, type: number, bytes: number): void {
  const stream = type === replyType.stdout ? 1 : 2
  send(requestType.window, new PayloadWriter().u8(stream).u32(bytes).finish())
}
