import { MisuseError } from '../errors.ts'

/** Emulated machines boot and run about ten times as slowly as virtualized ones. */
const emulated = 10

/**
 * What the default time limits are multiplied with: 1 under KVM, 10 when emulated; `FLEDGE_TIME_FACTOR`
 * multiplies both, for a slow or loaded host. Limits that a caller gives are never changed.
 */
export function timeFactor(accelerator: 'kvm' | 'tcg'): number {
  return (accelerator === 'tcg' ? emulated : 1) * factorFromEnvironment()
}

/** @throws MisuseError `ERR_FLEDGE_OPTION` */
export function factorFromEnvironment(): number {
  const wanted = process.env['FLEDGE_TIME_FACTOR'] || '1'
  const factor = Number(wanted)
  if (factor > 0 && Number.isFinite(factor)) return factor
  throw new MisuseError(
    'ERR_FLEDGE_OPTION',
    `Cannot use FLEDGE_TIME_FACTOR "${wanted}": it must be a number above 0`,
  )
}
