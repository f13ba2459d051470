import { checkOptions } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { runVerb, type VerbContext } from './verb.ts'

/** Shares that may have something to copy back. */
export interface ReturningShares {
  readonly areToReturn: boolean
  return(signal: AbortSignal): Promise<void>
}

/** Copies back what is to be copied back. */
export async function syncShares(
  context: VerbContext,
  shares: ReturningShares | undefined,
  options: CallOptions,
): Promise<void> {
  checkOptions('syncShares', options, callChecks)
  await run(context, options, async (signal) => shares?.return(signal))
}

/** The same as a part of another verb; a machine that has nothing to copy back is not asked. */
export async function returnShares(
  context: VerbContext,
  shares: ReturningShares | undefined,
  options: CallOptions,
): Promise<void> {
  if (!shares?.areToReturn) return
  await run(context, options, (signal) => shares.return(signal))
}

async function run(
  context: VerbContext,
  options: CallOptions,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const naming = { verb: 'syncShares', detail: '', defaultTimeoutMs: 900_000, ...bounds(options) }
  await runVerb(context, naming, ({ signal }) => work(signal))
}
