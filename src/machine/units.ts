import { CommandError, GuestError } from '../errors.ts'
import { checkOptions, checkValue, text, type OptionCheck, type OptionChecks } from '../util/check-options.ts'
import { hasSystemd } from '../template/init-system.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { Attempt, commandError, type CommandResult } from './command.ts'
import { retry } from './retry.ts'
import { runVerb, type RunningVerb, type VerbContext } from './verb.ts'

/** Which systemd is asked, and for how long. */
export interface UnitOptions extends CallOptions {
  /** Ask the systemd of this user, and not the system's. */
  readonly user?: string
}

/** What {@link UnitOptions} have to be. */
export const unitChecks: OptionChecks<UnitOptions> = { ...callChecks, user: text }

/** What is no name of one unit systemd would take for a pattern, or escape. */
export const unitName: OptionCheck = (value) =>
  typeof value === 'string' && /^(?:[\w:.\\@-]+|\/[^\p{C}*?[]*)$/u.test(value)
    ? undefined
    : 'the name of one unit, of letters, digits and ":-_.\\@", or an absolute path'

const defaultTimeoutMs = 300_000

const properties = ['Id', 'LoadState', 'ActiveState', 'SubState', 'Result', 'Type', 'Job']

/**
 * Waits until a unit is active, or is a oneshot that has run to a good end.
 *
 * A unit that is not there yet, or has not been started, may still be: that is waited for, and so is the systemd of a user. A failed
 * one ends the wait at once.
 */
export async function waitForUnit(context: VerbContext, unit: string, options: UnitOptions): Promise<void> {
  checkValue('waitForUnit', 'unit', unit, unitName)
  checkOptions('waitForUnit', options, unitChecks)
  const naming = { verb: 'waitForUnit', detail: unit, defaultTimeoutMs, ...bounds(options) }
  await runVerb(context, naming, async (running) => {
    await requireSystemd(context, 'waitForUnit')
    await retry(running.signal, async () => {
      const state = await showUnit(context, unit, options, running, properties).catch((error: unknown) => {
        // A user's systemd comes with the user's first session.
        if (options.user === undefined || !(error instanceof CommandError)) throw error
        if (error.code !== 'ERR_FLEDGE_COMMAND_FAILED') throw error
        running.saw(error.stderr.trim())
        return undefined
      })
      if (!state) return undefined
      running.saw(describe(unit, state))
      if (state['ActiveState'] === 'failed') throw await failed(context, unit, options, running, state)
      if (state['ActiveState'] === 'active') return true
      return (await hasFinished(context, unit, options, running, state)) || undefined
    })
  })
}

/** Runs `systemctl` and demands that it succeeds. */
export async function systemctl(
  context: VerbContext,
  args: string,
  options: UnitOptions,
): Promise<CommandResult> {
  checkValue('systemctl', 'args', args, text)
  checkOptions('systemctl', options, unitChecks)
  const detail = `${options.user === undefined ? '' : `--user (${options.user}) `}${args}`
  const naming = { verb: 'systemctl', detail, defaultTimeoutMs, ...bounds(options) }
  return runVerb(context, naming, async (running) => {
    await requireSystemd(context, 'systemctl')
    const result = await attempt(context, args, options).run(running)
    if (result.exitCode === 0) return result
    throw commandError(
      context,
      'ERR_FLEDGE_COMMAND_FAILED',
      `"systemctl ${args}" failed with exit code ${result.exitCode}`,
      result,
    )
  })
}

/** Whether there is one to ask is known at once, and not when a deadline passes or from a program that is missing. */
export async function requireSystemd({ owned, channel }: VerbContext, verb: string): Promise<void> {
  if (await hasSystemd(channel)) return
  const service =
    verb === 'systemctl' || verb.endsWith('Job')
      ? "succeed('rc-service NAME start')"
      : "waitUntilSucceeds('rc-service NAME status')"
  throw new GuestError('ERR_FLEDGE_NO_SYSTEMD', `Cannot use "${verb}": the guest has no systemd`, {
    machine: owned.name,
    hint: `Ask its own init, as with ${service} where that is OpenRC`,
  })
}

/** Runs `systemctl` of the system or of a user, however it ends. */
export async function runSystemctl(
  context: VerbContext,
  args: readonly string[],
  options: UnitOptions,
  running: RunningVerb,
): Promise<CommandResult> {
  const command = ['systemctl', ...userFlag(options), ...args] as const
  return new Attempt(context, [...command], userPlace(options)).run(running)
}

/** Properties of a unit: those that are asked for, or all. */
export async function showUnit(
  context: VerbContext,
  unit: string,
  options: UnitOptions,
  running: RunningVerb,
  wanted: readonly string[] = [],
): Promise<Record<string, string>> {
  const flags = wanted.length === 0 ? ['--all'] : wanted.map((name) => `--property=${name}`)
  const result = await runSystemctl(context, ['show', ...flags, '--', unit], options, running)
  if (result.exitCode !== 0) {
    throw commandError(
      context,
      'ERR_FLEDGE_COMMAND_FAILED',
      `Cannot ask systemd for the unit "${unit}"`,
      result,
    )
  }
  // A value may have lines of its own, which begin with no name.
  const entries = [...result.stdout.matchAll(/^([A-Z]\w*)=(.*(?:\n(?![A-Z]\w*=).*)*)/gm)]
  return Object.fromEntries(entries.map(([, name = '', value = '']) => [name, value.trimEnd()]))
}

/** What systemd logs when a start job is done: `SD_MESSAGE_UNIT_STARTED` of sd-messages.h. */
const startedMessage = 'MESSAGE_ID=39f53479d3a045ac8e11786248231fbf'

/**
 * Whether a oneshot has run to a good end. Without RemainAfterExit it is inactive then, and systemd soon forgets that it ever
 * ran; the journal does not.
 */
async function hasFinished(
  context: VerbContext,
  unit: string,
  options: UnitOptions,
  running: RunningVerb,
  state: Record<string, string>,
): Promise<boolean> {
  if (state['Type'] !== 'oneshot' || state['ActiveState'] !== 'inactive' || state['Job']) return false
  // Its full name, where it was asked for without its suffix or by an alias.
  const id = state['Id'] ?? unit
  const match = options.user === undefined ? `UNIT=${id}` : `USER_UNIT=${id}`
  const command = [
    'journalctl',
    '--boot',
    '--quiet',
    '--no-pager',
    '--lines=1',
    '--output=cat',
    match,
    startedMessage,
  ] as const
  const { stdout } = await new Attempt(context, [...command], {}).run(running)
  return stdout.trim() !== ''
}

function describe(unit: string, state: Record<string, string>): string {
  if (state['LoadState'] === 'not-found') return `there is no unit "${unit}"`
  const queued = state['Job'] ? 'a job is queued' : 'no job is queued'
  return `"${unit}" is ${state['ActiveState']} (${state['SubState']}), ${queued}`
}

async function failed(
  context: VerbContext,
  unit: string,
  options: UnitOptions,
  running: RunningVerb,
  state: Record<string, string>,
): Promise<GuestError> {
  const command = [
    'journalctl',
    ...userFlag(options),
    '--no-pager',
    '--lines=30',
    '--output=short',
    `--unit=${unit}`,
  ] as const
  const journal = await new Attempt(context, [...command], userPlace(options)).run(running).then(
    ({ stdout }) => stdout.trimEnd(),
    () => 'the journal could not be read',
  )
  const message = `The unit "${unit}" failed (${state['Result']})\njournal:\n${journal.replaceAll(/^/gm, '  ')}`
  return new GuestError('ERR_FLEDGE_UNIT_FAILED', message, {
    machine: context.owned.name,
    lastSeen: journal,
    consoleTail: context.owned.console.tail(),
  })
}

function attempt(context: VerbContext, args: string, options: UnitOptions): Attempt {
  return new Attempt(context, `systemctl ${[...userFlag(options), args].join(' ')}`, userPlace(options))
}

function userFlag({ user }: UnitOptions): string[] {
  return user === undefined ? [] : ['--user']
}

function userPlace({ user }: UnitOptions): { user?: string } {
  return user === undefined ? {} : { user }
}
