import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import type { ClientChannel } from 'ssh2'

import { FledgeError, GuestError, MisuseError } from '../../errors.ts'
import type { Call } from '../call.ts'
import type { ExecRequest } from '../exec-request.ts'
import { gather } from '../gather.ts'
import type { GuestChannel } from '../guest-channel.ts'
import type { GuestStat } from '../guest-stat.ts'
import type { MountRequest } from '../mount-request.ts'
import type { ProbeRequest, ProbeResult } from '../probe.ts'
import type { Patience } from './connect.ts'
import { clockScript } from './clock-script.ts'
import { signalScript, treeSignalScript } from './kill-script.ts'
import { forLoginShell } from './login-shell-word.ts'
import { mountScript } from './mount-script.ts'
import { probeOver } from './probe-over.ts'
import { remoteScript } from './remote-script.ts'
import type { SshAccess } from './ssh-access.ts'
import { SshCall } from './ssh-call.ts'
import { SshConnections } from './ssh-connections.ts'
import { readStat, statScript } from './stat-script.ts'

/** Linux takes arguments of 128 KiB, and the SSH server gives the whole command as one. */
const commandLimit = 120_000

/** How long after its connections the end of a machine may be told. */
const endIsToldMs = 500

/** The way into a guest that has an SSH server and no agent. */
export class SshChannel implements GuestChannel {
  readonly needsNetwork = true
  readonly #connections: SshConnections
  readonly #user: string
  readonly #calls = new Set<SshCall>()
  /** Aborts what was to be told to processes when the guest is reset. */
  #telling = new AbortController()
  #error: FledgeError | undefined

  constructor(access: SshAccess, patience: Patience) {
    this.#connections = new SshConnections(access, patience)
    this.#user = access.user
  }

  get inSession(): boolean {
    return this.#error === undefined && this.#connections.areOpen
  }

  /** The digest of the server's key, once there was a connection. */
  get hostKey(): string | undefined {
    return this.#connections.hostKey
  }

  async exec(request: ExecRequest, options: { readonly signal?: AbortSignal } = {}): Promise<Call> {
    const { signal } = options
    if (signal?.aborted === true) throw aborted(signal)
    const token = `fledge${randomBytes(12).toString('hex')}`
    const command = this.#command(request, token)
    const { pty } = request
    const terminal = pty && { rows: pty.rows, cols: pty.columns, term: 'xterm-256color' }
    const call = await this.#connections
      .exec(command, { pty: terminal, signal }, (session) => this.#begin(session, request, token, signal))
      .catch(async (error: unknown) => Promise.reject(await this.#explain(error, signal)))
    return call.started
  }

  async probe(probe: ProbeRequest, options: { readonly signal?: AbortSignal } = {}): Promise<ProbeResult> {
    const client = await this.#connections
      .client(options.signal)
      .catch(async (error: unknown) => Promise.reject(await this.#explain(error, options.signal)))
    return probeOver(client, probe)
  }

  async stat(path: string): Promise<GuestStat | undefined> {
    return readStat(path, await this.ask(statScript(path), `stat "${path}"`))
  }

  async setClock(time: Date | number): Promise<void> {
    await this.ask(clockScript(time), 'set the clock')
  }

  async mount(mount: MountRequest): Promise<void> {
    await this.ask(mountScript(mount), `mount "${mount.source}" on "${mount.target}"`)
  }

  /** Runs a script as root that has to succeed, and gives its output. */
  async ask(script: string, title: string, options: { readonly signal?: AbortSignal } = {}): Promise<string> {
    const output = gather(await this.exec({ argv: ['/bin/sh', '-euc', script] }, options))
    const exit = await output.exited
    if ('exitCode' in exit && exit.exitCode === 0) return output.stdout().toString('utf8')
    const said = output.stderr().toString('utf8').trim()
    throw new GuestError(
      'ERR_FLEDGE_GUEST_REQUEST',
      `Cannot ${title}: ${said || 'the guest did not say why'}`,
    )
  }

  fail(error: FledgeError): void {
    this.#error ??= error
    for (const call of this.#calls) call.abort(this.#error)
    this.#calls.clear()
    this.#connections.end(this.#error)
  }

  /** Ends all connections. A later call makes new ones. */
  async rest(): Promise<void> {
    for (const call of this.#calls) call.lose()
    this.#telling.abort()
    this.#telling = new AbortController()
    this.#connections.drop()
  }

  #begin(session: ClientChannel, request: ExecRequest, token: string, signal?: AbortSignal): SshCall {
    const call = new SshCall(session, request, {
      token,
      sendSignal: (pid, name, tree) =>
        this.#tell(tree ? treeSignalScript(pid, token, name) : signalScript(pid, name)),
      explainLoss: (error) => this.#explainLoss(error),
    })
    this.#calls.add(call)
    const abort = (): void => call.abort(aborted(signal))
    session.once('close', () => {
      signal?.removeEventListener('abort', abort)
      this.#calls.delete(call)
    })
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted === true) abort()
    return call
  }

  #command(request: ExecRequest, token: string): string {
    if (request.argv.length === 0 || (request.shell === true && request.argv.length !== 1)) {
      throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot run ${request.argv.length} arguments: not a command`)
    }
    const script = forLoginShell(remoteScript(request, token))
    const command = this.#user === 'root' ? script : throughSudo(script)
    if (command.length <= commandLimit) return command
    throw new MisuseError(
      'ERR_FLEDGE_OPTION',
      `Cannot run a command of ${command.length} bytes over SSH: at most ${commandLimit} are possible`,
      { hint: 'Copy the script or its data into the machine, or send it through stdin' },
    )
  }

  /** Says something to a process beside its own session, which has no way for it that all servers know. */
  #tell(script: string): void {
    const command = forLoginShell(script)
    const options = { urgent: true, signal: this.#telling.signal }
    this.#connections
      .exec(this.#user === 'root' ? command : throughSudo(command), options, (session) => {
        session.on('error', () => {}).resume()
        session.stderr.resume()
        session.end()
      })
      // The guest is gone, and its processes with it.
      .catch(() => {})
  }

  async #explain(error: unknown, signal: AbortSignal | undefined): Promise<FledgeError> {
    if (this.#error) return this.#error
    if (signal?.aborted === true) return aborted(signal)
    if (error instanceof FledgeError) return error
    const why = error instanceof Error ? error.message : String(error)
    return this.#explainLoss(
      new GuestError('ERR_FLEDGE_SSH', `Cannot ask the guest over SSH: ${why}`, { cause: error }),
    )
  }

  /** The end of a machine cuts its connections before it is told, and is the better reason. */
  async #explainLoss(error: FledgeError): Promise<FledgeError> {
    if (!this.#error) await sleep(endIsToldMs)
    return this.#error ?? error
  }
}

/** `sudo` and `doas` are asked without a password; whichever is there. */
function throughSudo(command: string): string {
  const asRoot = command.slice('exec '.length)
  return `if command -v sudo >/dev/null; then exec sudo -n -- ${asRoot}; else exec doas -n -- ${asRoot}; fi`
}

function aborted(signal: AbortSignal | undefined): FledgeError {
  const reason: unknown = signal?.reason
  if (reason instanceof FledgeError) return reason
  return new GuestError('ERR_FLEDGE_ABORTED', 'Cannot finish: the call was aborted', { cause: reason })
}
