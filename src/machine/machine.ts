import type { Duplex } from 'node:stream'

import type { Call } from '../channel/call.ts'
import type { GuestChannel } from '../channel/guest-channel.ts'
import type { ConsolePiece } from '../owner/console-log.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import type { QmpCommands, QmpEvent } from '../qemu/qmp-types.ts'
import type { ScreenMatch } from '../screen/find-text.ts'
import type { ScreenText } from '../screen/read-text.ts'
import { timeFactor } from '../util/time-factor.ts'
import type { CallOptions } from '../util/with-deadline.ts'
import { Clock } from './clock.ts'
import type { CommandLine } from './command-line.ts'
import { runCommand, runExpecting, type CommandOptions, type CommandResult } from './command.ts'
import { pause } from './pause.ts'
import { consoleStream } from './console-stream.ts'
import { sendConsole, waitForConsoleText, type ConsoleTextOptions } from './console.ts'
import { copyFromHost, copyFromMachine } from './files.ts'
import { catchCoredumps, coredumps, type Coredump } from './coredumps.ts'
import { forwardPort, type ForwardOptions } from './forward-port.ts'
import { sendChars, sendKey, type KeyOptions, type TypeOptions } from './keyboard.ts'
import { holdMachine } from './held-machine.ts'
import { crash, shutdown, waitForShutdown } from './life.ts'
import { setLink, type LinkOptions } from './link.ts'
import { qmp, sendMonitorCommand, waitForQmpEvent, type QmpEventOptions } from './monitor.ts'
import { clickText, Mouse, type ClickOptions } from './mouse.ts'
import { Power, type PowerSupply } from './power.ts'
import { Conditions, PollingCondition, type PollingOptions } from './polling-condition.ts'
import { saveDisk } from './save-disk.ts'
import { getScreenText, waitForText } from './screen-text.ts'
import { screenshot } from './screenshot.ts'
import { shellLine, type ShellValue } from './shell-line.ts'
import { spawn, type SpawnOptions } from './spawn.ts'
import { returnShares, syncShares, type ReturningShares } from './sync-shares.ts'
import { getTtyText, waitUntilTtyMatches } from './tty.ts'
import { getUnitInfo, getUnitProperty, requireUnitState, runJob, type UnitStateOptions } from './unit-info.ts'
import { systemctl, waitForUnit, type UnitOptions } from './units.ts'
import type { MachineHooks, VerbContext } from './verb.ts'
import { waitForScreenshot, type ScreenshotOptions } from './wait-for-screenshot.ts'
import {
  sleep,
  waitForFile,
  waitForOpenUnixSocket,
  waitForPort,
  waitUntil,
  type PortOptions,
  type UnixSocketOptions,
} from './waits.ts'
import { getWindowNames, waitForWindow, waitForX } from './windows.ts'

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
  /** The guest's wall clock, to read, set and step. */
  readonly clock: Clock
  /** A pointer on the screen, to move and click. */
  readonly mouse: Mouse
  readonly #power: Power
  readonly #context: VerbContext
  readonly #shares: ReturningShares | undefined
  #stopping: Promise<void> | undefined

  /** Use {@link launch}. */
  constructor(
    owned: OwnedMachine,
    facts: MachineFacts & {
      readonly hooks: MachineHooks
      readonly channel: GuestChannel
      readonly shares?: ReturningShares
      /** Without it the machine cannot be started again. */
      readonly power?: PowerSupply
    },
  ) {
    this.name = owned.name
    this.image = facts.image
    this.accelerator = facts.accelerator
    this.identity = facts.identity
    this.mac = facts.mac
    this.timeFactor = timeFactor(facts.accelerator)
    this.#shares = facts.shares
    const power = new Power(owned, facts.channel, facts.power)
    this.#power = power
    this.#context = {
      get owned() {
        return power.owned
      },
      get channel() {
        return power.channel
      },
      hooks: facts.hooks,
      conditions: new Conditions(),
      timeFactor: this.timeFactor,
    }
    holdMachine(this, { power, shares: facts.shares })
    this.clock = new Clock(this.#context)
    this.mouse = new Mouse(this.#context)
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
    return runExpecting(this.#context, 'succeed', command, options)
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
    return runExpecting(this.#context, 'fail', command, options)
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
   * @throws GuestError `ERR_FLEDGE_UNIT_FAILED` at once when it has failed, with its journal; `ERR_FLEDGE_NO_SYSTEMD`
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
   * Waits until something listens on a socket of the guest's file system; 15 minutes at the most.
   *
   * @param options `type`: `stream` (default) or `datagram`
   *
   * @example
   * await vm.waitForOpenUnixSocket('/run/dbus/system_bus_socket')
   */
  async waitForOpenUnixSocket(path: string, options: UnixSocketOptions = {}): Promise<void> {
    await waitForOpenUnixSocket(this.#context, path, options)
  }

  /**
   * Waits until a line of the serial console has a text in it; 15 minutes at the most. Each call looks on behind what the last
   * one found, so nothing is found twice and nothing that came in between is missed. A line without an end, as a prompt, is
   * looked at once nothing more has come for a quarter of a second. What steers a terminal is left out.
   *
   * @param pattern a text that is in the line, or a regular expression
   * @param options `from`: `last-match` (default), or `launch` to begin at the beginning, of which the last MiB is kept
   * @returns the match; its `input` is the line
   *
   * @example
   * const { groups } = await vm.waitForConsoleText(/Listening on (?<address>\S+)/)
   */
  async waitForConsoleText(
    pattern: string | RegExp,
    options: ConsoleTextOptions = {},
  ): Promise<RegExpExecArray> {
    return waitForConsoleText(this.#context, pattern, options)
  }

  /**
   * The text on a virtual console, line by line, without a picture and without OCR.
   *
   * @param tty its number, from 1 on
   *
   * @example
   * console.log(await vm.getTtyText(1))
   */
  async getTtyText(tty: number, options: CallOptions = {}): Promise<string> {
    return getTtyText(this.#context, tty, options)
  }

  /**
   * Waits until the text on a virtual console matches; 15 minutes at the most.
   *
   * @param pattern a text that is there, or a regular expression
   *
   * @example
   * await vm.waitUntilTtyMatches(1, 'login:')
   */
  async waitUntilTtyMatches(
    tty: number,
    pattern: string | RegExp,
    options: CallOptions = {},
  ): Promise<RegExpExecArray> {
    return waitUntilTtyMatches(this.#context, tty, pattern, options)
  }

  /**
   * Lets time pass in the guest; on a busy host more of it passes outside. Tests that wait for something else are quicker and surer.
   *
   * @example
   * await vm.sleep(1_500)
   */
  async sleep(durationMs: number, options: CallOptions = {}): Promise<void> {
    await sleep(this.#context, durationMs, options)
  }

  /**
   * Watches in the background that something holds, from now on until the result is stopped. When the function gives something
   * false or throws, all verbs that are running are broken off, and their commands killed; if none is, the next one fails, or
   * the `stop`.
   *
   * @param condition gets a signal to end by; what it asks of the machine is no step of the test
   * @param options `intervalMs` (default 2000) between two checks; `timeoutMs` of one; `description` for the error
   *
   * @throws GuestError `ERR_FLEDGE_CONDITION`, by the verbs
   *
   * @example
   * await using healthy = vm.pollingCondition(async () => vm.succeed('systemctl is-active nginx'))
   * await vm.succeed('run-the-long-test')
   */
  pollingCondition(
    condition: (signal: AbortSignal) => unknown,
    options: PollingOptions = {},
  ): PollingCondition {
    return new PollingCondition(this.#context, condition, options)
  }

  /**
   * Demands that a unit is in a state now.
   *
   * @param options `state`: default `active`; `user`
   * @throws GuestError `ERR_FLEDGE_UNIT_STATE`
   *
   * @example
   * await vm.requireUnitState('nginx', { state: 'inactive' })
   */
  async requireUnitState(unit: string, options: UnitStateOptions = {}): Promise<void> {
    await requireUnitState(this.#context, unit, options)
  }

  /**
   * All properties of a unit, as `systemctl show` has them. One that does not exist has the `LoadState` `not-found`.
   *
   * @example
   * const { MainPID } = await vm.getUnitInfo('nginx')
   */
  async getUnitInfo(unit: string, options: UnitOptions = {}): Promise<Record<string, string>> {
    return getUnitInfo(this.#context, unit, options)
  }

  /**
   * One property of a unit.
   *
   * @throws MisuseError `ERR_FLEDGE_OPTION` for a property that units of its kind do not have
   *
   * @example
   * const pid = await vm.getUnitProperty('nginx', 'MainPID')
   */
  async getUnitProperty(unit: string, property: string, options: UnitOptions = {}): Promise<string> {
    return getUnitProperty(this.#context, unit, property, options)
  }

  /**
   * Starts a unit, and waits until systemd has done so; 5 minutes at the most.
   *
   * @throws CommandError `ERR_FLEDGE_COMMAND_FAILED`
   *
   * @example
   * await vm.startJob('nginx')
   */
  async startJob(unit: string, options: UnitOptions = {}): Promise<void> {
    await runJob(this.#context, 'start', unit, options)
  }

  /** Stops a unit; as {@link startJob}. */
  async stopJob(unit: string, options: UnitOptions = {}): Promise<void> {
    await runJob(this.#context, 'stop', unit, options)
  }

  /**
   * Runs `systemctl` with a line of arguments, and demands that it succeeds; use {@link execute} where it may fail.
   *
   * @throws CommandError `ERR_FLEDGE_COMMAND_FAILED`; GuestError `ERR_FLEDGE_NO_SYSTEMD`
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
   * What has crashed: as systemd keeps it where the guest has `systemd-coredump`, else since {@link catchCoredumps}.
   *
   * @example
   * for (const { path } of await vm.coredumps()) if (path) await vm.copyFromMachine(path, './crashes/')
   */
  async coredumps(options: CallOptions = {}): Promise<Coredump[]> {
    return coredumps(this.#context, options)
  }

  /**
   * Has the guest keep what crashes from now on, until its next boot. One that has a handler of its own is left as it is.
   *
   * @example
   * await vm.catchCoredumps()
   */
  async catchCoredumps(options: CallOptions = {}): Promise<void> {
    await catchCoredumps(this.#context, options)
  }

  /**
   * Forwards a port of the host's 127.0.0.1 to the guest, until the machine ends. The guest's service has to
   * listen on more than its own 127.0.0.1.
   *
   * @param options `protocol`: `tcp` (default) or `udp`; `hostPort`: default a free one
   * @returns the port of the host
   *
   * @example
   * const port = await vm.forwardPort(80)
   * await fetch(`http://127.0.0.1:${port}/`)
   */
  async forwardPort(guestPort: number, options: ForwardOptions = {}): Promise<number> {
    return forwardPort(this.#context, guestPort, options)
  }

  /**
   * Pulls the cable out of a network card, as the guest sees it, until {@link unblock}.
   *
   * @param options `nic`: 0 (default) is the one on user-mode networking, 1 to 3 are the others
   *
   * @example
   * await vm.block()
   * await vm.fail('curl --max-time 5 http://10.0.2.2/')
   */
  async block(options: LinkOptions = {}): Promise<void> {
    await setLink(this.#context, false, options)
  }

  /** Puts the cable of a network card back; as {@link block}. */
  async unblock(options: LinkOptions = {}): Promise<void> {
    await setLink(this.#context, true, options)
  }

  /** The picture on the machine's screen, as a PNG. */
  async screenshot(options: CallOptions = {}): Promise<Buffer> {
    return screenshot(this.#context, options)
  }

  /**
   * Recognises the text on the screen: its words with their places, line by line. Letters of a text console may be
   * mistaken for others that look alike, such as `0` and `O`; `getTtyText` reads them without recognition.
   *
   * It needs the packages `tesseract.js` and `@tesseract.js-data/eng`; nothing is downloaded at run time.
   *
   * @throws EnvironmentError `ERR_FLEDGE_TOOL_MISSING` when they are not installed
   *
   * @example
   * const { text } = await vm.getScreenText()
   */
  async getScreenText(options: CallOptions = {}): Promise<ScreenText> {
    return getScreenText(this.#context, options)
  }

  /**
   * Waits until a text is on the screen, or a match of an expression; 15 minutes at the most. Rows that have not changed
   * are not recognised again. See {@link getScreenText}.
   *
   * @param pattern a text with any white space between its words, or an expression for all lines of the screen
   * @returns what was found, and where
   *
   * @example
   * await vm.waitForText('login:')
   */
  async waitForText(pattern: string | RegExp, options: CallOptions = {}): Promise<ScreenMatch> {
    return waitForText(this.#context, pattern, options)
  }

  /**
   * Waits until a text is on the screen, as {@link waitForText} does, and clicks in its middle.
   *
   * @returns what was found, and where
   *
   * @example
   * await vm.clickText('Continue')
   */
  async clickText(pattern: string | RegExp, options: ClickOptions = {}): Promise<ScreenMatch> {
    return clickText(this.#context, pattern, options)
  }

  /**
   * Waits until the X display `:0` answers; 15 minutes at the most.
   *
   * @example
   * await vm.waitForX()
   */
  async waitForX(options: CallOptions = {}): Promise<void> {
    await waitForX(this.#context, options)
  }

  /**
   * The names of all windows on the X display `:0`, from the top down. The guest needs the program `xwininfo`.
   *
   * @throws GuestError `ERR_FLEDGE_COMMAND_FAILED` when there is no display, or no such program
   *
   * @example
   * expect(await vm.getWindowNames()).toContain('Terminal')
   */
  async getWindowNames(options: CallOptions = {}): Promise<string[]> {
    return getWindowNames(this.#context, options)
  }

  /**
   * Waits until a window of the X display `:0` has a name that matches; 15 minutes at the most.
   *
   * @param pattern a text that is in the name, or an expression
   * @returns the whole name
   *
   * @example
   * await vm.waitForWindow(/Firefox/)
   */
  async waitForWindow(pattern: string | RegExp, options: CallOptions = {}): Promise<string> {
    return waitForWindow(this.#context, pattern, options)
  }

  /**
   * Waits until the screen looks as a PNG does; 15 minutes at the most.
   *
   * @param picture its path or its bytes, as of {@link screenshot}
   * @param options `maxDiffPixelRatio`: the share of pixels that may differ, 0 by default; `threshold`: how far a colour may
   * be off, from 0 to 1, 0.1 by default
   *
   * @example
   * await vm.waitForScreenshot('tests/login.png', { maxDiffPixelRatio: 0.01 })
   */
  async waitForScreenshot(picture: string | Uint8Array, options: ScreenshotOptions = {}): Promise<void> {
    await waitForScreenshot(this.#context, picture, options)
  }

  /**
   * Presses a key, or several at once: names joined by `-`. Keys are places on the board, by QEMU's names.
   *
   * @param options `delayMs`: how long it is held, and how long the pause after it is; 10, and 20 when emulated
   * @throws MisuseError `ERR_FLEDGE_OPTION` for a key that there is not, with the nearest name
   *
   * @example
   * await vm.sendKey('ctrl-alt-delete')
   */
  async sendKey(key: string, options: KeyOptions = {}): Promise<void> {
    await sendKey(this.#context, key, options)
  }

  /**
   * Types a text on the keyboard: `\n` is the return key, `\t` the tabulator.
   *
   * @param options `layout`: the one that the guest has: `us` (default), `gb`, `de` or `fr`; `delayMs` as for {@link sendKey}
   * @throws MisuseError `ERR_FLEDGE_OPTION` for characters that the layout lacks, before anything is typed
   *
   * @example
   * await vm.sendChars('root\n')
   */
  async sendChars(chars: string, options: TypeOptions = {}): Promise<void> {
    await sendChars(this.#context, chars, options)
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

  /**
   * Runs a command of QEMU's machine protocol, typed where fledge knows it.
   *
   * Source of the commands: https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html
   *
   * @throws EnvironmentError `ERR_FLEDGE_QEMU` when QEMU refuses it
   *
   * @example
   * const cpus = await vm.qmp('query-cpus-fast')
   * await vm.qmp('set_link', { name: 'nic1', up: false })
   */
  async qmp<Name extends keyof QmpCommands>(
    command: Name,
    args?: QmpCommands[Name]['arguments'],
    options?: CallOptions,
  ): Promise<QmpCommands[Name]['result']>
  async qmp(command: string, args?: object, options?: CallOptions): Promise<unknown>
  async qmp(command: string, args?: object, options: CallOptions = {}): Promise<unknown> {
    return qmp(this.#context, command, args, options)
  }

  /**
   * Waits for an event of QEMU's; 10 minutes at the most. Events are kept from the machine's start on, the last 10,000 of
   * them: one that came before the call counts, if no call before has given it.
   *
   * @param event its name, or a function that knows it
   * @param options `after`: only what came after this event
   *
   * @example
   * await vm.succeed('systemctl --no-block reboot')
   * await vm.waitForQmpEvent('RESET')
   */
  async waitForQmpEvent(
    event: string | ((event: QmpEvent) => boolean),
    options: QmpEventOptions = {},
  ): Promise<QmpEvent> {
    return waitForQmpEvent(this.#context, event, options)
  }

  /**
   * Holds the test here, for a person at the terminal: at a prompt with this machine as `vm` verbs can be run and a shell opened, and the test goes on,
   * or is given up, when they say so. Its clock is held meanwhile. Only one test of a run pauses at a time.
   *
   * @throws MisuseError `ERR_FLEDGE_OPTION` where there is no terminal, and for machines that are not the fixture of a test;
   * GuestError `ERR_FLEDGE_ABORTED` when the test is given up
   *
   * @example
   * await vm.succeed('apt-get -yq install /mnt/dist/hello.deb')
   * await vm.pause()
   */
  async pause(): Promise<void> {
    await pause(this.#context)
  }

  /**
   * Types on the serial console, as a person at a terminal there would.
   *
   * @example
   * await vm.sendConsole('root\n')
   */
  async sendConsole(text: string, options: CallOptions = {}): Promise<void> {
    await sendConsole(this.#context, text, options)
  }

  /**
   * The serial console as a stream: first what {@link getConsoleLog} has of it, then all that the machine writes, byte by byte; what is written to it
   * is typed there. It ends with the machine; destroying it leaves the machine as it is.
   *
   * @example
   * const console = vm.openConsole()
   * console.pipe(process.stdout)
   * console.write('root\n')
   */
  openConsole(): Duplex {
    return consoleStream(this.#power.owned)
  }

  /** What the machine has written to its serial console since it was launched or last started; the last MiB of it. */
  getConsoleLog(): string {
    return this.#power.owned.console.text()
  }

  /**
   * Starts a machine that was shut down, crashed or died: it boots from its disk as that was left, and has its name, address
   * and shares. Services may still be starting: {@link waitForUnit}. A machine that runs is left alone; 1 minute at the most.
   *
   * @throws GuestError `ERR_FLEDGE_BAKE` when it does not boot, `ERR_FLEDGE_STOPPED` after {@link stop}, which gives up the disk
   *
   * @example
   * await vm.shutdown()
   * await vm.start()
   * await vm.waitForUnit('multi-user.target')
   */
  async start(options: CallOptions = {}): Promise<void> {
    await this.#power.start(this.#context, options)
  }

  /**
   * Has the guest's init system reboot it, and waits until it answers again and has its name, address and shares;
   * 2 minutes at the most. Services may still be starting: {@link waitForUnit}.
   *
   * @example
   * await vm.reboot()
   * await vm.waitForUnit('multi-user.target')
   */
  async reboot(options: CallOptions = {}): Promise<void> {
    await this.#power.reboot(this.#context, options)
  }

  /** The same in pieces, each with the time at which the machine wrote it. */
  getTimedConsoleLog(): ConsolePiece[] {
    return this.#power.owned.console.pieces()
  }

  /**
   * Powers the guest off by its own init system, and waits until the machine has ended; 2 minutes at the most. Shares are copied back
   * before that, as by {@link syncShares}.
   */
  async shutdown(options: CallOptions = {}): Promise<void> {
    await shutdown(this.#context, this.#shares, options)
  }

  /**
   * Waits until the guest has powered itself off and the machine has ended; 15 minutes at the most.
   *
   * @throws GuestError `ERR_FLEDGE_MACHINE_DIED`, `ERR_FLEDGE_GUEST_PANIC` when it ends otherwise
   *
   * @example
   * await vm.succeed('shutdown --poweroff now &')
   * await vm.waitForShutdown()
   */
  async waitForShutdown(options: CallOptions = {}): Promise<void> {
    await waitForShutdown(this.#context, options)
  }

  /**
   * Writes the root disk of a machine that has powered itself off to a qcow2 file of the host, which stands alone; before
   * {@link stop}.
   *
   * @throws FledgeError `ERR_FLEDGE_DISK_SAVE` for a machine that still runs or ended otherwise
   *
   * @example
   * await vm.waitForShutdown()
   * await vm.saveDisk('./installed.qcow2')
   */
  async saveDisk(target: string, options: CallOptions = {}): Promise<void> {
    await saveDisk(this.#context, () => this.#power.diskSource(), target, options)
  }

  /** Whether the machine runs and its agent, or over SSH its server, has answered, and has not gone since; asks nothing of the guest. */
  isUp(): boolean {
    const { owned, channel } = this.#context
    return owned.over === undefined && owned.standstill === undefined && channel.inSession
  }

  /** Cuts the machine's power; {@link start} gives it again. */
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
      if (!this.#power.owned.over) await returnShares({ ...this.#context, hooks: {} }, this.#shares, {})
    } finally {
      await this.#power.end('stop')
    }
  }

  /** Ends the machine at once; no share is copied back. Can be called again, and after its end. */
  async kill(): Promise<void> {
    await this.#power.end('kill')
  }

  /**
   * Lets go of a machine that outlives this process, launched with `keep` or had by `attach`: it runs on, and all verbs here
   * fail from now on. Can be called again.
   *
   * @throws MisuseError `ERR_FLEDGE_OPTION` for a machine that belongs to this process, which ends with it
   */
  async detach(): Promise<void> {
    this.#power.letGo()
  }

  /** As {@link stop}; as {@link detach} for a machine that outlives this process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#power.runsOn ? this.detach() : this.stop())
  }
}
