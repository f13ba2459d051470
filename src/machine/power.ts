import { FledgeError, GuestError, MisuseError, type ErrorCode } from '../errors.ts'
import type { GuestChannel } from '../channel/guest-channel.ts'
import type { OwnedMachine } from '../owner/owned-machine.ts'
import { bootMark } from '../template/init-system.ts'
import type { StartBounds } from '../template/power-source.ts'
import { checkOptions } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { Attempt } from './command.ts'
import { retry } from './retry.ts'
import { runVerb, type RunningVerb, type VerbContext } from './verb.ts'

/** Under KVM; an emulated machine boots in ten times that. */
const bootMs = 60_000

/** What a machine is started from again: disks that are kept while its power is off, here or in the process that holds it. */
export interface PowerSupply extends AsyncDisposable {
  /** Whether anything can be asked of the guest. */
  readonly hasChannel: boolean
  /** The root disk, as qemu-img can open it until this is disposed of. */
  diskSource(): Promise<string | undefined>
  /** For a machine that outlives this process: closes the way to the one that holds it. */
  letGo?(): void
  /** Boots the machine, as the one before it has ended. */
  start(bounds: StartBounds): Promise<OwnedMachine>
  /** Gives a machine that has booted its name, its shares and the time. */
  claim(owned: OwnedMachine, signal: AbortSignal): Promise<void>
}

/** A start that is under way. */
interface Starting {
  readonly machine: Promise<OwnedMachine>
  /** Of who asked for it first. */
  readonly signal: AbortSignal
}

/** The machine that runs, or ran last, and what the next one would be started from. */
export class Power {
  readonly #source: PowerSupply | undefined
  readonly #ending = new AbortController()
  #owned: OwnedMachine
  #channel: GuestChannel
  #starting: Starting | undefined

  constructor(owned: OwnedMachine, channel: GuestChannel, source: PowerSupply | undefined) {
    this.#owned = owned
    this.#channel = channel
    this.#source = source
  }

  get owned(): OwnedMachine {
    return this.#owned
  }

  get channel(): GuestChannel {
    return this.#channel
  }

  /** The root disk, as qemu-img can open it; there is none any more after {@link end}. */
  async diskSource(): Promise<string | undefined> {
    return this.#ending.signal.aborted ? undefined : this.#source?.diskSource()
  }

  /** Starts a machine that has ended; one that runs is left alone. */
  async start(context: VerbContext, options: CallOptions): Promise<void> {
    checkOptions('start', options, callChecks)
    const naming = {
      verb: 'start',
      detail: '',
      defaultTimeoutMs: bootMs,
      evenAfter: ({ code }: FledgeError) => code !== 'ERR_FLEDGE_STOPPED',
      ...bounds(options),
    }
    await runVerb(context, naming, async ({ signal, saw }) => {
      if (this.#owned.over === undefined) return
      saw('it has not booted yet')
      // One that was given up is not waited for as one that may come.
      if (this.#starting?.signal.aborted) await this.#starting.machine.catch(() => {})
      // All who ask at the same time wait for the same one.
      this.#starting ??= this.#begin(signal)
      const owned = await this.#starting.machine
      this.#owned = owned
      if (this.#source?.hasChannel) this.#channel = owned.guest
    })
  }

  /** The verb's own deadline holds. */
  #begin(signal: AbortSignal): Starting {
    const machine = this.#required('start')
      .start({ limitMs: Number.POSITIVE_INFINITY, signal: AbortSignal.any([signal, this.#ending.signal]) })
      .finally(() => (this.#starting = undefined))
    return { machine, signal }
  }

  /** Has the guest's init system reboot it, and waits until it is the same machine again. */
  async reboot(context: VerbContext, options: CallOptions): Promise<void> {
    checkOptions('reboot', options, callChecks)
    const naming = { verb: 'reboot', detail: '', defaultTimeoutMs: 2 * bootMs, ...bounds(options) }
    await runVerb(context, naming, async (running) => {
      const source = this.#required('reboot')
      const before = await bootId(context, running)
      running.saw('it has not gone down yet')
      await new Attempt(context, 'systemctl reboot || reboot', {}).run(running).catch(passOverGoing)
      await retry(running.signal, async () => {
        const now = await bootId(context, running).catch(passOverGoing)
        running.saw(now === undefined ? 'it has not come back yet' : 'it has not gone down yet')
        return now === undefined || now === before ? undefined : true
      })
      running.saw('its network card and file systems are not there yet')
      await source.claim(this.#owned, running.signal)
    })
  }

  /** Whether the machine outlives this process. */
  get runsOn(): boolean {
    return this.#source?.letGo !== undefined
  }

  /** Leaves the machine to the process that holds it. */
  letGo(): void {
    if (!this.#source?.letGo) {
      throw new MisuseError(
        'ERR_FLEDGE_OPTION',
        `Cannot detach from "${this.#owned.name}": it belongs to this process`,
        {
          hint: 'End it, by "stop"; with the option "keep", a machine outlives the process that launches it',
        },
      )
    }
    this.#owned.letGo()
    this.#source.letGo()
  }

  /** Gives a machine that has rebooted its name, its shares and the time. */
  async claim(signal: AbortSignal): Promise<void> {
    await this.#required('reboot').claim(this.#owned, signal)
  }

  /** Ends the machine, one that is being started too, and gives up its disk. Can be called again. */
  async end(how: 'stop' | 'kill'): Promise<void> {
    const stopped = `The machine "${this.#owned.name}" was stopped`
    this.#ending.abort(new GuestError('ERR_FLEDGE_STOPPED', stopped, { machine: this.#owned.name }))
    const started = await this.#starting?.machine.catch(() => undefined)
    await Promise.all([started?.[how](), this.#owned[how]()])
    await this.#source?.[Symbol.asyncDispose]()
  }

  #required(verb: string): PowerSupply {
    if (this.#source) return this.#source
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot ${verb} "${this.#owned.name}": its disk is not kept`)
  }
}

/** What only this boot has. */
async function bootId(context: VerbContext, running: RunningVerb): Promise<string> {
  return (await new Attempt(context, bootMark, {}).run(running)).stdout
}

/** A guest that goes down starts no more commands, and then there is no agent, or no SSH server. */
const going: ReadonlySet<ErrorCode> = new Set([
  'ERR_FLEDGE_AGENT_LOST',
  'ERR_FLEDGE_COMMAND_START',
  'ERR_FLEDGE_SSH',
])

function passOverGoing(error: unknown): undefined {
  if (error instanceof FledgeError && going.has(error.code)) return undefined
  throw error
}
