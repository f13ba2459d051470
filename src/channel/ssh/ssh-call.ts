import { Writable } from 'node:stream'
import { inspect } from 'node:util'

import type { ClientChannel } from 'ssh2'

import { GuestError, MisuseError, type FledgeError } from '../../errors.ts'
import { checkOptions, trueOrFalse } from '../../util/check-options.ts'
import { deferred } from '../../util/with-deadline.ts'
import type { Call, Exit } from '../call.ts'
import { terminalSize, type ExecRequest } from '../exec-request.ts'
import { signalNumber } from '../signal-numbers.ts'
import { CallHeadScanner, type CallHead } from './call-head.ts'
import { SessionOutput } from './session-output.ts'

/** How long a background child may keep the streams of a command that has ended, without a word. */
const silenceMs = 500
const lookMs = 50

/** What a call needs of the channel that it is of. */
export interface CallContext {
  /** The word in the line by which the call says how it began. */
  readonly token: string
  /** Tells something to the process of a call, or to all that it started. */
  readonly sendSignal: (pid: number, name: string, tree: boolean) => void
  /** Finds the reason why the session was lost. */
  readonly explainLoss: (error: FledgeError) => Promise<FledgeError>
}

/** The host's side of a command in a session of SSH. */
export class SshCall implements Call {
  readonly stdout: SessionOutput
  readonly stderr: SessionOutput
  readonly exited: Promise<Exit>
  readonly started: Promise<Call>
  readonly stdin: Writable | undefined
  pid = 0
  readonly #session: ClientChannel
  readonly #request: ExecRequest
  readonly #context: CallContext
  readonly #exit = deferred<Exit>()
  readonly #start = deferred<Call>()
  #how: Exit | undefined
  #timer: NodeJS.Timeout | undefined
  #over = false
  #lost = false

  constructor(session: ClientChannel, request: ExecRequest, context: CallContext) {
    this.#session = session
    this.#request = request
    this.#context = context
    this.stdout = new SessionOutput(session)
    this.stderr = new SessionOutput(session.stderr)
    this.stdin = request.stdin === true ? sessionInput(session, request.pty !== undefined) : undefined
    this.exited = this.#exit.promise
    this.started = this.#start.promise
    const scanner = new CallHeadScanner(context.token)
    session.on('data', (bytes: Buffer) => {
      if (this.pid !== 0) this.stdout.receive(bytes)
      else this.#begin(scanner.push(bytes))
    })
    session.stderr.on('data', (bytes: Buffer) => this.stderr.receive(bytes))
    session.on('error', (error: Error) => this.lose(error))
    session.on('exit', (code: number | null, signal?: string) => {
      this.#how =
        code === null ? { signal: knownSignal(signal), timedOut: false } : { exitCode: code, timedOut: false }
      void this.#drain()
    })
    session.once('close', () => {
      if (!this.#how) return this.lose()
      this.#end(this.#how)
      if (this.pid === 0) this.#start.reject(neverBegan(scanner.said))
    })
    if (request.stdin !== true && request.pty === undefined) session.end()
  }

  signal(name: string, options: { readonly tree?: boolean } = {}): void {
    checkOptions('signal', options, { tree: trueOrFalse })
    if (signalNumber(name) === undefined) {
      throw new MisuseError(
        'ERR_FLEDGE_OPTION',
        `Cannot send the signal ${inspect(name)}: no signal of Linux`,
        { hint: 'Name it as "SIGTERM"' },
      )
    }
    if (!this.#over && !this.#lost && this.pid !== 0)
      this.#context.sendSignal(this.pid, name, options.tree === true)
  }

  resize(rows: number, columns: number): void {
    this.#session.setWindow(terminalSize(rows), terminalSize(columns), 0, 0)
  }

  /** Kills all of it, and lets go. */
  abort(error: FledgeError): void {
    if (this.#over) return
    this.signal('SIGKILL', { tree: true })
    this.#fail(error)
  }

  /** Nothing more comes of it: its connection was lost, or its guest reset, in which another process may have its number by now. */
  lose(cause?: Error): void {
    if (this.#over || this.#lost) return
    this.#lost = true
    void this.#context.explainLoss(lost(cause)).then((error) => this.#fail(error))
  }

  #fail(error: FledgeError): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#timer)
    this.#start.reject(error)
    this.#exit.reject(error)
    this.stdout.destroy(error)
    this.stderr.destroy(error)
    this.stdin?.destroy(error)
    // What began before it was wanted no more is killed when its process is known.
    if (this.pid !== 0) this.#session.close()
  }

  #begin(head: CallHead | undefined): void {
    if (!head) return
    if ('errno' in head) {
      const { errno, message } = head
      const cause = Object.assign(new Error(message), { code: errno })
      this.#start.reject(
        new GuestError(
          'ERR_FLEDGE_COMMAND_START',
          `Cannot start ${this.#request.shell === true ? 'script' : `"${this.#request.argv[0]}"`}: ${message} (${errno})`,
          { cause },
        ),
      )
      this.#over = true
      this.#session.close()
      return
    }
    this.pid = head.pid
    if (this.#over) {
      this.#context.sendSignal(this.pid, 'SIGKILL', true)
      this.#session.close()
      return
    }
    const { deadlineMs } = this.#request
    if (deadlineMs !== undefined && deadlineMs < 2 ** 31) {
      this.#timer = setTimeout(() => this.#expire(), Math.max(1, deadlineMs))
    }
    this.stdout.receive(head.rest)
    this.#start.resolve(this)
  }

  #expire(): void {
    if (this.#how) return
    this.signal('SIGKILL', { tree: true })
    this.#end({ signal: 'SIGKILL', timedOut: true })
    this.#session.close()
  }

  /** A background child may keep the streams open; what comes before a silence was the command's. */
  async #drain(): Promise<void> {
    clearTimeout(this.#timer)
    const quiet = (): boolean => this.stdout.silentMs > silenceMs && this.stderr.silentMs > silenceMs
    while (!this.#over && !quiet()) {
      await new Promise((resolve) => {
        setTimeout(resolve, lookMs).unref()
      })
    }
    if (!this.#over && this.#how) {
      this.#end(this.#how)
      this.#session.close()
    }
  }

  #end(exit: Exit): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#timer)
    this.stdout.finish()
    this.stderr.finish()
    this.stdin?.destroy()
    this.#exit.resolve(exit)
  }
}

/** OpenSSH has no names for the rarer signals, as SIGBUS, and writes `SIG@openssh.com` for all of them. */
function knownSignal(name = ''): string {
  return signalNumber(name) === undefined ? 'SIGUNKNOWN' : name
}

/** What a command reads; in a terminal, its end is typed. */
function sessionInput(session: ClientChannel, terminal: boolean): Writable {
  const input = new Writable({
    write: (bytes: Buffer, _encoding, written) => {
      if (session.writable) session.write(bytes, () => written())
      else written()
    },
    final: (done) => {
      if (terminal) session.write('\u0004')
      else session.end()
      done()
    },
    destroy: (error, done) => {
      if (session.writable) session.end()
      done(error)
    },
  })
  input.on('error', () => {})
  return input
}

function lost(cause?: Error): GuestError {
  return new GuestError('ERR_FLEDGE_SSH', 'Cannot finish: the SSH connection to the guest was lost', {
    cause,
  })
}

function neverBegan(said: string): GuestError {
  const why = said === '' ? 'its login shell ended without a word' : `its login shell said: ${said}`
  return new GuestError('ERR_FLEDGE_SSH', `Cannot run a command in the guest: ${why}`, {
    hint: 'The user of "ssh" has to be root, or able to become root by "sudo -n" or "doas -n"',
  })
}
