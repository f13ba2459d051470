import type { Machine, UnitOptions, UnitStateOptions } from '../../index.ts'
import { anything, callChecks } from './checks.ts'
import { lookUntil, type MatcherResult, type MatcherState } from './look-until.ts'

/** That a unit of systemd is in a state: `active` unless `state` says another. */
export async function toHaveUnit(
  this: MatcherState,
  vm: Machine,
  unit: string,
  options: UnitStateOptions = {},
): Promise<MatcherResult> {
  const { state = 'active', user } = options
  const whose: UnitOptions = user === undefined ? {} : { user }
  return lookUntil(this, vm, {
    matcher: 'toHaveUnit',
    subject: unit,
    wanted: state,
    options,
    checks: { ...callChecks, state: anything, user: anything },
    look: async (bounds) => {
      const info = await vm.getUnitInfo(unit, { ...whose, ...bounds })
      const missing = info['LoadState'] === 'not-found' ? ': there is no such unit' : ''
      return {
        pass: info['ActiveState'] === state,
        got: `${info['ActiveState']} (${info['SubState']})${missing}`,
      }
    },
    lookAt: `journalctl --no-pager --lines=10 ${user === undefined ? '--unit' : '--user-unit'}='${unit}'`,
  })
}
