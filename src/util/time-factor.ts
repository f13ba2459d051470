/** Emulated machines boot and run about ten times as slowly as virtualized ones. */
const emulated = 10

/**
 * What the default time limits are multiplied with: 1 under KVM, 10 when emulated; `FLEDGE_TIME_FACTOR`
 * multiplies both, for a slow or loaded host. Limits that a caller gives are never changed.
 */
export function timeFactor(accelerator: 'kvm' | 'tcg'): number {
  const wanted = Number(process.env['FLEDGE_TIME_FACTOR'] ?? 1)
  return (accelerator === 'tcg' ? emulated : 1) * (wanted > 0 ? wanted : 1)
}
