import { GuestError } from '../errors.ts'
import { checkOptions, checkValue, type OptionCheck } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { Attempt } from './command.ts'
import { runVerb, type RunningVerb, type VerbContext } from './verb.ts'

const defaultTimeoutMs = 30_000

/** Until the year 9999, which `Date` and the tools of a guest can all tell. */
const latestMs = 253_402_300_799_999

const time: OptionCheck = (value) => {
  const ms = value instanceof Date ? value.getTime() : value
  return typeof ms === 'number' && ms >= 0 && ms <= latestMs
    ? undefined
    : 'a Date, or milliseconds since 1970, until the year 9999'
}

/** The wall clock of a guest. Where the guest has a time service that runs, that may set it back. */
export class Clock {
  readonly #context: VerbContext

  /** Use {@link Machine.clock}. */
  constructor(context: VerbContext) {
    this.#context = context
  }

  /**
   * What time it is in the guest.
   *
   * @example
   * const offMs = (await vm.clock.read()).getTime() - Date.now()
   */
  async read(options: CallOptions = {}): Promise<Date> {
    checkOptions('clock.read', options, callChecks)
    return this.#run('read', '', options, (running) => read(this.#context, running))
  }

  /**
   * Sets the guest's wall clock.
   *
   * @param time a Date, or milliseconds since 1970
   *
   * @example
   * await vm.clock.set(new Date('2038-01-19T03:14:07Z'))
   */
  async set(to: Date | number, options: CallOptions = {}): Promise<void> {
    checkValue('clock.set', 'time', to, time)
    checkOptions('clock.set', options, callChecks)
    await this.#run('set', new Date(to).toISOString(), options, () => this.#context.channel.setClock(to))
  }

  /**
   * Moves the guest's wall clock forward, or back.
   *
   * @returns what time it is then
   *
   * @example
   * await vm.clock.step(24 * 60 * 60 * 1000)
   */
  async step(byMs: number, options: CallOptions = {}): Promise<Date> {
    checkValue('clock.step', 'byMs', byMs, (value) =>
      Number.isFinite(value) ? undefined : 'a number of milliseconds',
    )
    checkOptions('clock.step', options, callChecks)
    return this.#run('step', `${byMs} ms`, options, async (running) => {
      const now = await read(this.#context, running)
      const since = performance.now()
      const target = now.getTime() + byMs
      checkValue('clock.step', 'byMs', target, time)
      await this.#context.channel.setClock(target + performance.now() - since)
      return new Date(target)
    })
  }

  async #run<T>(
    verb: string,
    detail: string,
    options: CallOptions,
    work: (running: RunningVerb) => Promise<T>,
  ): Promise<T> {
    const naming = { verb: `clock.${verb}`, detail, defaultTimeoutMs, ...bounds(options) }
    return runVerb(this.#context, naming, work)
  }
}

async function read(context: VerbContext, running: RunningVerb): Promise<Date> {
  // A busybox knows no nanoseconds: seconds have to do there.
  const { stdout } = await new Attempt(context, ['date', '-u', '+%s.%N'], {}).run(running)
  const [, seconds, nanoseconds = '0'] = /^(\d+)\.(\d{9})?/.exec(stdout) ?? []
  if (seconds === undefined)
    throw new GuestError(
      'ERR_FLEDGE_COMMAND_FAILED',
      `Cannot read the guest's clock: "date" said "${stdout}"`,
      {
        machine: context.owned.name,
      },
    )
  return new Date(Number(seconds) * 1000 + Math.floor(Number(nanoseconds) / 1_000_000))
}
