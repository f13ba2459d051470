import { GuestError, MisuseError } from '../errors.ts'
import {
  checkOptions,
  checkValue,
  oneOf,
  type OptionCheck,
  type OptionChecks,
} from '../util/check-options.ts'
import { bounds, type CallOptions } from '../util/with-deadline.ts'
import { commandError } from './command.ts'
import { requireSystemd, runSystemctl, showUnit, unitChecks, unitName, type UnitOptions } from './units.ts'
import { runVerb, type VerbContext } from './verb.ts'

/** A unit's `ActiveState`. */
export type UnitState =
  | 'active'
  | 'reloading'
  | 'inactive'
  | 'failed'
  | 'activating'
  | 'deactivating'
  | 'maintenance'
  | 'refreshing'

/** Which state a unit has to be in. */
export interface UnitStateOptions extends UnitOptions {
  /** Default: `active`. */
  readonly state?: UnitState
}

const stateChecks: OptionChecks<UnitStateOptions> = {
  ...unitChecks,
  state: oneOf(
    'active',
    'reloading',
    'inactive',
    'failed',
    'activating',
    'deactivating',
    'maintenance',
    'refreshing',
  ),
}

const propertyName: OptionCheck = (value) =>
  typeof value === 'string' && /^[A-Z][A-Za-z0-9]*$/.test(value)
    ? undefined
    : 'the name of a property, as "MainPID"'

/** Demands that a unit is in a state now. */
export async function requireUnitState(
  context: VerbContext,
  unit: string,
  options: UnitStateOptions,
): Promise<void> {
  checkValue('requireUnitState', 'unit', unit, unitName)
  checkOptions('requireUnitState', options, stateChecks)
  const { state: wanted = 'active' } = options
  await runVerb(context, naming('requireUnitState', `${unit} ${wanted}`, options), async (running) => {
    await requireSystemd(context, 'requireUnitState')
    const info = await showUnit(context, unit, options, running, ['LoadState', 'ActiveState', 'SubState'])
    if (info['ActiveState'] === wanted) return
    const loaded = info['LoadState'] === 'not-found' ? ', and there is no such unit' : ''
    const now = `${info['ActiveState']} (${info['SubState']})${loaded}`
    throw new GuestError('ERR_FLEDGE_UNIT_STATE', `The unit "${unit}" is ${now}, but must be ${wanted}`, {
      machine: context.owned.name,
      lastSeen: now,
    })
  })
}

/** All properties of a unit. */
export async function getUnitInfo(
  context: VerbContext,
  unit: string,
  options: UnitOptions,
): Promise<Record<string, string>> {
  checkValue('getUnitInfo', 'unit', unit, unitName)
  checkOptions('getUnitInfo', options, unitChecks)
  return runVerb(context, naming('getUnitInfo', unit, options), async (running) => {
    await requireSystemd(context, 'getUnitInfo')
    return showUnit(context, unit, options, running)
  })
}

/** One property of a unit. */
export async function getUnitProperty(
  context: VerbContext,
  unit: string,
  property: string,
  options: UnitOptions,
): Promise<string> {
  checkValue('getUnitProperty', 'unit', unit, unitName)
  checkValue('getUnitProperty', 'property', property, propertyName)
  checkOptions('getUnitProperty', options, unitChecks)
  return runVerb(context, naming('getUnitProperty', `${unit} ${property}`, options), async (running) => {
    await requireSystemd(context, 'getUnitProperty')
    const value = (await showUnit(context, unit, options, running, [property]))[property]
    if (value !== undefined) return value
    throw new MisuseError(
      'ERR_FLEDGE_OPTION',
      `Cannot get "${property}" of "${unit}": it has no such property`,
      {
        machine: context.owned.name,
        hint: `getUnitInfo(${JSON.stringify(unit)}) has them all`,
      },
    )
  })
}

/** Starts or stops a unit, and waits until systemd has done so. */
export async function runJob(
  context: VerbContext,
  job: 'start' | 'stop',
  unit: string,
  options: UnitOptions,
): Promise<void> {
  const verb = job === 'start' ? 'startJob' : 'stopJob'
  checkValue(verb, 'unit', unit, unitName)
  checkOptions(verb, options, unitChecks)
  await runVerb(context, naming(verb, unit, options), async (running) => {
    await requireSystemd(context, verb)
    const result = await runSystemctl(context, [job, '--', unit], options, running)
    if (result.exitCode === 0) return
    const message = `"systemctl ${job} ${unit}" failed with exit code ${result.exitCode}`
    throw commandError(context, 'ERR_FLEDGE_COMMAND_FAILED', message, result)
  })
}

function naming(verb: string, detail: string, options: CallOptions): Parameters<typeof runVerb>[1] {
  return { verb, detail, defaultTimeoutMs: 300_000, ...bounds(options) }
}
