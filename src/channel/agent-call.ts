import { inspect } from 'node:util'

import { MisuseError, type FledgeError } from '../errors.ts'
import { checkOptions, trueOrFalse } from '../util/check-options.ts'
import { deferred } from '../util/with-deadline.ts'
import type { Call, Exit } from './call.ts'
import { CallInput } from './call-input.ts'
import { CallOutput } from './call-output.ts'
import { terminalSize, type ExecRequest } from './exec-request.ts'
import type { Frame } from './frame.ts'
import { misunderstood } from './misunderstood.ts'
import { PayloadReader } from './payload-reader.ts'
import { PayloadWriter } from './payload-writer.ts'
import { replyType, requestType } from './protocol.ts'
import { decodeOutcome, refusal } from './refusal.ts'
import { signalName, signalNumber } from './signal-numbers.ts'

/** Sends a frame of one call. */
export type SendFrame = (type: number, payload: Buffer) => void

/** The host's side of a call, from its request to its end. */
export class AgentCall implements Call {
  readonly stdout: CallOutput
  readonly stderr: CallOutput
  readonly exited: Promise<Exit>
  readonly started: Promise<Call>
  stdin: CallInput | undefined
  pid = 0
  readonly #request: ExecRequest
  readonly #send: SendFrame
  readonly #stdinWindow: () => number
  readonly #exit = deferred<Exit>()
  readonly #start = deferred<Call>()
  #over = false
  #failed = false

  constructor(request: ExecRequest, send: SendFrame, stdinWindow: () => number) {
    this.#request = request
    this.#send = send
    this.#stdinWindow = stdinWindow
    this.stdout = new CallOutput((bytes) => this.#grant(1, bytes))
    this.stderr = new CallOutput((bytes) => this.#grant(2, bytes))
    this.exited = this.#exit.promise
    this.started = this.#start.promise
    // Whoever waits for one of them hears of a failure; nobody has to wait for both.
    this.exited.catch(() => {})
    this.started.catch(() => {})
  }

  /** Takes a frame of this call; true when it was the last. */
  receive({ type, payload }: Frame): boolean {
    const began = this.pid !== 0
    if (!began && type === replyType.started) this.#begin(new PayloadReader(payload).u32())
    else if (!began && type === replyType.done) this.#refuse(payload)
    else if (began && type === replyType.stdout) this.stdout.receive(payload)
    else if (began && type === replyType.stderr) this.stderr.receive(payload)
    else if (began && type === replyType.stdinWindow) this.stdin?.grant(new PayloadReader(payload).u32())
    else if (began && type === replyType.exit) this.#end(decodeExit(payload))
    else throw misunderstood(`a call got the unexpected frame ${type}`)
    return this.#over
  }

  signal(name: string, options: { readonly tree?: boolean } = {}): void {
    checkOptions('signal', options, { tree: trueOrFalse })
    const number = signalNumber(name)
    if (number === undefined) {
      throw new MisuseError(
        'ERR_FLEDGE_OPTION',
        `Cannot send the signal ${inspect(name)}: no signal of Linux`,
        {
          hint: 'Name it as "SIGTERM"',
        },
      )
    }
    this.#tell(requestType.signal, new PayloadWriter().u32(number).u8(options.tree === true ? 1 : 0))
  }

  resize(rows: number, columns: number): void {
    this.#tell(requestType.resize, new PayloadWriter().u16(terminalSize(rows)).u16(terminalSize(columns)))
  }

  /** Kills all of it and lets go. Its remaining frames still have to be received. */
  abort(error: FledgeError): void {
    if (this.pid !== 0) this.signal('SIGKILL', { tree: true })
    this.#fail(error)
  }

  /** There will be no more frames. */
  lose(error: FledgeError): void {
    this.#over = true
    this.#fail(error)
  }

  #begin(pid: number): void {
    if (pid === 0) throw misunderstood('a command has the process id 0')
    this.pid = pid
    if (this.#failed) {
      this.signal('SIGKILL', { tree: true })
      return
    }
    if (this.#request.stdin === true) {
      this.stdin = new CallInput(this.#stdinWindow(), (bytes) => {
        if (!this.#over) this.#send(requestType.stdin, bytes)
      })
    }
    this.#start.resolve(this)
  }

  #end(exit: Exit): void {
    this.#over = true
    this.stdout.finish()
    this.stderr.finish()
    this.stdin?.destroy()
    this.#exit.resolve(exit)
  }

  #refuse(payload: Buffer): void {
    const outcome = decodeOutcome(payload)
    if (outcome.errno === 0) throw misunderstood('a command neither started nor failed')
    const name = this.#request.shell === true ? 'script' : `"${this.#request.argv[0]}"`
    this.lose(refusal('ERR_FLEDGE_COMMAND_START', `start ${name}`, outcome))
  }

  #fail(error: FledgeError): void {
    if (this.#failed) return
    this.#failed = true
    this.#start.reject(error)
    this.#exit.reject(error)
    this.stdout.destroy(error)
    this.stderr.destroy(error)
    this.stdin?.destroy(error)
  }

  #grant(stream: number, bytes: number): void {
    this.#tell(requestType.window, new PayloadWriter().u8(stream).u32(bytes))
  }

  #tell(type: number, payload: PayloadWriter): void {
    if (!this.#over) this.#send(type, payload.finish())
  }
}

function decodeExit(payload: Buffer): Exit {
  const reader = new PayloadReader(payload)
  const kind = reader.u8()
  if (kind > 1) throw misunderstood(`a command ended in the unknown way ${kind}`)
  const timedOut = (reader.u8() & 1) !== 0
  reader.u16()
  const value = reader.u32()
  return kind === 0 ? { exitCode: value, timedOut } : { signal: signalName(value), timedOut }
}
