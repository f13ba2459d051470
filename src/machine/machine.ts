import type { Call } from '../channel/call.ts'
import type { GuestChannel } from '../channel/guest-channel.ts'
import type { ConsolePiece } from '../owner/console-log.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import { timeFactor } from '../util/time-factor.ts'
import type { CallOptions } from '../util/with-deadline.ts'
import { commandText, type CommandLine } from './command-line.ts'
import { commandError, runCommand, type CommandOptions, type CommandResult } from './command.ts'
import type { CopiedShares } from './copied-shares.ts'
import { copyFromHost, copyFromMachine } from './files.ts'
import { forwardPort, type ForwardOptions } from './forward-port.ts'
import { crash, shutdown } from './life.ts'
import { sendMonitorCommand } from './monitor.ts'
import { screenshot } from './screenshot.ts'
import { shellLine, type ShellValue } from './shell-line.ts'
import { spawn, type SpawnOptions } from './spawn.ts'
import { returnShares, syncShares } from './sync-shares.ts'
import { systemctl, waitForUnit, type UnitOptions } from './units.ts'
import type { MachineHooks, VerbContext } from './verb.ts'
import { waitForFile, waitForPort, waitUntil, type PortOptions } from './waits.ts'

/** What is known of a machine from its launch on. */
export interface MachineFacts {
  /** The full name of its image. */
  readonly image: string
  readonly accelerator: 'kvm' | 'tcg'
  /** A UUID that no other machine has. */
  readonly identity: string
  /** The address of its first network card. */
  readonly mac: string
}

/**
 * A running machine, and what can be asked of it.
 *
 * Every verb takes `{ timeoutMs, signal }`. A deadline holds on the host even if the guest is wedged, and its
 * error (`ERR_FLEDGE_TIMEOUT`) says what was seen last; default limits are ten times as long when the machine is
 * emulated. When the machine ends, every pending verb fails with the reason and the end of its console.
 */
export class Machine implements AsyncDisposable, MachineFacts {
  readonly name: string
  readonly image: string
  readonly accelerator: 'kvm' | 'tcg'
  readonly identity: string
  readonly mac: string
  /** What default time limits are multiplied with. */
  readonly timeFactor: number
  readonly #owned: OwnedMachine
  readonly #context: VerbContext
  readonly #shares: CopiedShares | undefined
  #stopping: Promise<void> | undefined

  /** Use {@link launch}. */
  constructor(
    owned: OwnedMachine,
    facts: MachineFacts & {
      readonly hooks: MachineHooks
      readonly channel: GuestChannel
      readonly shares?: CopiedShares
    },
  ) {
    this.name = owned.name
    this.image = facts.image
    this.accelerator = facts.accelerator
    this.identity = facts.identity
    this.mac = facts.mac
    this.timeFactor = timeFactor(facts.accelerator)
    this.#owned = owned
    this.#shares = facts.shares
    this.#context = { owned, channel: facts.channel, hooks: facts.hooks, timeFactor: this.timeFactor }
  }

  /**
   * Runs a command to its end and tells how that was; it throws only when there is none.
   *
   * A text is a line for the shell, run as root by `bash -euo pipefail` where there is a bash, else by `sh -eu`; an array
   * is a program and its arguments. The limit is 15 minutes; past it, the command and all that it started are killed.
   *
   * @throws CommandError `ERR_FLEDGE_TIMEOUT`; GuestError `ERR_FLEDGE_COMMAND_START` for a program, user or folder that is
   * not there
   *
   * @example
   * const { exitCode, stderr } = await vm.execute('hello --version', { timeoutMs: 5_000 })
   */
  async execute(command: CommandLine, options: CommandOptions = {}): Promise<CommandResult> {
    return runCommand(this.#context, 'execute', command, options)
  }

  /**
   * Runs a command that has to end with exit code 0.
   *
   * @throws CommandError `ERR_FLEDGE_COMMAND_FAILED`, with the shape of the result; else as {@link execute}
   *
   * @example
   * const { stdout } = await vm.succeed('cat /etc/os-release')
   */
  async succeed(command: CommandLine, options: CommandOptions = {}): Promise<CommandResult> {
    return this.#expect('succeed', command, options, ({ exitCode }) => exitCode === 0)
  }

  /**
   * Runs a command that has to end with another exit code than 0, or by a signal.
   *
   * @throws CommandError `ERR_FLEDGE_COMMAND_SUCCEEDED`; else as {@link execute}
   *
   * @example
   * await vm.fail('id nobody-of-this-name')
   */
  async fail(command: CommandLine, options: CommandOptions = {}): Promise<CommandResult> {
    return this.#expect('fail', command, options, ({ exitCode }) => exitCode !== 0)
  }

  /**
   * Runs a shell line like {@link succeed}; each value in it becomes one quoted word, each array as many as it has.
   *
   * @example
   * await vm.$`systemctl restart ${unit}`
   */
  async $(line: TemplateStringsArray, ...values: readonly ShellValue[]): Promise<CommandResult> {
    return this.succeed(shellLine(line, values))
  }

  /**
   * Starts a command and gives its streams, to read and write while it runs. Read, `resume()` or `destroy()` both
   * outputs: a command whose output nobody reads blocks after 1 MiB. `signal` kills it and all that it started.
   *
   * @example
   * const top = await vm.spawn('journalctl -f')
   * top.stdout.on('data', (bytes) => process.stdout.write(bytes))
   * top.signal('SIGTERM')
   */
  async spawn(command: CommandLine, options: SpawnOptions = {}): Promise<Call> {
    return spawn(this.#context, command, options)
  }

  /**
   * Runs a command again and again until it succeeds, with pauses from 20 ms to a second; 15 minutes at the most.
   *
   * @example
   * await vm.waitUntilSucceeds('curl --fail http://localhost/health')
   */
  async waitUntilSucceeds(command: CommandLine, options: CommandOptions = {}): Promise<CommandResult> {
    return waitUntil(this.#context, 'succeeds', command, options)
  }

  /** Runs a command again and again until it fails; as {@link waitUntilSucceeds}. */
  async waitUntilFails(command: CommandLine, options: CommandOptions = {}): Promise<CommandResult> {
    return waitUntil(this.#context, 'fails', command, options)
  }

  /**
   * Waits until a systemd unit is active, or is a oneshot that has run to a good end; 5 minutes at the most.
   *
   * @throws GuestError `ERR_FLEDGE_UNIT_FAILED` at once when it has failed, with its journal
   *
   * @example
   * await vm.waitForUnit('multi-user.target')
   */
  async waitForUnit(unit: string, options: UnitOptions = {}): Promise<void> {
    await waitForUnit(this.#context, unit, options)
  }

  /** Waits until a path exists in the guest; 15 minutes at the most. */
  async waitForFile(path: string, options: CallOptions = {}): Promise<void> {
    await waitForFile(this.#context, path, options)
  }

  /**
   * Waits until something listens on a TCP port in the guest; 15 minutes at the most.
   *
   * @param options `address`: an IP address or `localhost` (default), as the guest sees it
   *
   * @example
   * await vm.waitForOpenPort(8080)
   */
  async waitForOpenPort(port: number, options: PortOptions = {}): Promise<void> {
    await waitForPort(this.#context, 'open', port, options)
  }

  /** Waits until nothing listens on a TCP port in the guest any more; as {@link waitForOpenPort}. */
  async waitForClosedPort(port: number, options: PortOptions = {}): Promise<void> {
    await waitForPort(this.#context, 'closed', port, options)
  }

  /**
   * Runs `systemctl` with a line of arguments, and demands that it succeeds; use {@link execute} where it may fail.
   *
   * @throws CommandError `ERR_FLEDGE_COMMAND_FAILED`
   *
   * @example
   * await vm.systemctl('start nginx')
   */
  async systemctl(args: string, options: UnitOptions = {}): Promise<CommandResult> {
    return systemctl(this.#context, args, options)
  }

  /**
   * Copies a file or a folder of the host into the guest, as root's, with its modes, links and times.
   *
   * @param target the path of the copy, or, with a slash at its end, the folder to copy into
   * @throws GuestError `ERR_FLEDGE_COPY`
   *
   * @example
   * await vm.copyFromHost('./dist', '/opt/app')
   */
  async copyFromHost(source: string, target: string, options: CallOptions = {}): Promise<void> {
    await copyFromHost(this.#context, source, target, options)
  }

  /**
   * Copies a file or a folder of the guest to the host, with its modes, links and times.
   *
   * @param target as for {@link copyFromHost}; nothing of another kind may be there
   * @throws GuestError `ERR_FLEDGE_COPY`
   */
  async copyFromMachine(source: string, target: string, options: CallOptions = {}): Promise<void> {
    await copyFromMachine(this.#context, source, target, options)
  }

  /**
   * Copies back what the guest changed in the shares with `copyBack`, where its kernel cannot mount them; else it does nothing.
   *
   * A file or a folder that the guest made, changed or removed is made, changed or removed on the host, if the host has not
   * changed it, too; each file is replaced whole, and none before all of the share has come. Owners stay the host's, nothing is set-uid,
   * and devices, pipes, sockets and the guest's links are left out. 15 minutes at the most.
   *
   * @throws GuestError `ERR_FLEDGE_COPY`, for what both sides have changed, too: nothing of the share is written then
   */
  async syncShares(options: CallOptions = {}): Promise<void> {
    await syncShares(this.#context, this.#shares, options)
  }

  /**
   * Forwards a TCP port of the host's 127.0.0.1 to the guest, until the machine ends. The guest's service has to
   * listen on more than its own 127.0.0.1.
   *
   * @returns the port of the host
   *
   * @example
   * const port = await vm.forwardPort(80)
   * await fetch(`http://127.0.0.1:${port}/`)
   */
  async forwardPort(guestPort: number, options: ForwardOptions = {}): Promise<number> {
    return forwardPort(this.#context, guestPort, options)
  }

  /** The picture on the machine's screen, as a PNG. */
  async screenshot(options: CallOptions = {}): Promise<Buffer> {
    return screenshot(this.#context, options)
  }

  /**
   * Sends a line to QEMU's human monitor. The monitor has no errors: what it cannot do, it says in its answer.
   *
   * Source of the lines: https://www.qemu.org/docs/master/system/monitor.html
   *
   * @example
   * console.log(await vm.sendMonitorCommand('info network'))
   */
  async sendMonitorCommand(line: string, options: CallOptions = {}): Promise<string> {
    return sendMonitorCommand(this.#context, line, options)
  }

  /** What the machine has written to its serial console since its launch; the last MiB of it. */
  getConsoleLog(): string {
    return this.#owned.console.text()
  }

  /** The same in pieces, each with the time at which the machine wrote it. */
  getTimedConsoleLog(): ConsolePiece[] {
    return this.#owned.console.pieces()
  }

  /**
   * Powers the guest off by its own init system, and waits until the machine has ended; 2 minutes at the most. Shares are copied back
   * before that, as by {@link syncShares}.
   */
  async shutdown(options: CallOptions = {}): Promise<void> {
    await shutdown(this.#context, this.#shares, options)
  }

  /** Cuts the machine's power. */
  async crash(options: CallOptions = {}): Promise<void> {
    await crash(this.#context, options)
  }

  /**
   * Ends the machine and releases all that it held. Can be called again, and after its end. Shares are copied back before, as by
   * {@link syncShares}, if the machine still runs.
   *
   * @throws GuestError `ERR_FLEDGE_COPY` or `ERR_FLEDGE_TIMEOUT` when that failed, once; the machine has ended then
   */
  async stop(): Promise<void> {
    // Who calls again waits for the end, and is not told twice.
    if (this.#stopping) return this.#stopping.catch(() => {})
    this.#stopping = this.#end()
    return this.#stopping
  }

  async #end(): Promise<void> {
    try {
      // A test whose time is over still has what it made.
      if (!this.#owned.over) await returnShares({ ...this.#context, hooks: {} }, this.#shares, {})
    } finally {
      await this.#owned.stop()
    }
  }

  /** Ends the machine at once; no share is copied back. Can be called again, and after its end. */
  async kill(): Promise<void> {
    await this.#owned.kill()
  }

  /** As {@link stop}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #expect(
    verb: 'succeed' | 'fail',
    command: CommandLine,
    options: CommandOptions,
    isRight: (result: CommandResult) => boolean,
  ): Promise<CommandResult> {
    return runCommand(this.#context, verb, command, options, (result) => {
      if (isRight(result)) return undefined
      const text = commandText(command)
      if (verb === 'fail')
        return commandError(
          this.#context,
          'ERR_FLEDGE_COMMAND_SUCCEEDED',
          `"${text}" succeeded, but must fail`,
          result,
        )
      const how =
        result.signal === undefined
          ? `failed with exit code ${result.exitCode}`
          : `was ended by ${result.signal}`
      return commandError(this.#context, 'ERR_FLEDGE_COMMAND_FAILED', `"${text}" ${how}`, result)
    })
  }
}
