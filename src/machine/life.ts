import { gather } from '../channel/gather.ts'
import { FledgeError, GuestError } from '../errors.ts'
import { powerOff } from '../template/init-system.ts'
import { checkOptions } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { execRequest } from './command-line.ts'
import { returnShares, type ReturningShares } from './sync-shares.ts'
import { runVerb, type VerbContext } from './verb.ts'

/** Powers the guest off through its init system, and waits until the machine is gone; shares are copied back before. */
export async function shutdown(
  context: VerbContext,
  shares: ReturningShares | undefined,
  options: CallOptions,
): Promise<void> {
  const { owned } = context
  checkOptions('shutdown', options, callChecks)
  await returnShares(context, shares, options)
  const naming = { verb: 'shutdown', detail: '', defaultTimeoutMs: 120_000, ...bounds(options) }
  const byItself = (): boolean => owned.poweredOff
  await runUntilGone(context, naming, byItself, async (signal) => {
    const call = await context.channel.exec(execRequest(powerOff, {}), { signal })
    const output = gather(call)
    // The agent may go before it can tell how the command ended; that is as good an answer.
    const exit = await output.exited.catch(() => undefined)
    if (exit === undefined || ('exitCode' in exit && exit.exitCode === 0) || 'signal' in exit) return
    const said = output.stderr().toString('utf8').trim()
    throw new GuestError('ERR_FLEDGE_COMMAND_FAILED', `Cannot shut down: "${powerOff}" failed: ${said}`, {
      machine: owned.name,
      command: powerOff,
    })
  })
}

/** Waits until the guest has powered itself off. */
export async function waitForShutdown(context: VerbContext, options: CallOptions): Promise<void> {
  checkOptions('waitForShutdown', options, callChecks)
  const naming = { verb: 'waitForShutdown', detail: '', defaultTimeoutMs: 900_000, ...bounds(options) }
  await runUntilGone(
    context,
    naming,
    () => context.owned.poweredOff,
    async () => {},
  )
}

/** Cuts the power. */
export async function crash(context: VerbContext, options: CallOptions): Promise<void> {
  checkOptions('crash', options, callChecks)
  const naming = { verb: 'crash', detail: '', defaultTimeoutMs: 30_000, ...bounds(options) }
  await runUntilGone(context, naming, inAnyWay, async (signal) => {
    await context.owned.qmp.run('quit', undefined, { signal })
  })
}

const inAnyWay = (): boolean => true

/** The end of the machine is what these verbs are for, and not their failure, if it is the wanted one. */
async function runUntilGone(
  context: VerbContext,
  naming: Parameters<typeof runVerb>[1],
  isWanted: () => boolean,
  begin: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { owned } = context
  try {
    await runVerb(context, naming, async ({ signal, saw }) => {
      saw('the machine still runs')
      await begin(signal)
      await owned.exited()
    })
  } catch (error) {
    if (!(error instanceof FledgeError) || error !== owned.over || error.code !== 'ERR_FLEDGE_MACHINE_DIED')
      throw error
  }
  if (owned.over && !isWanted()) throw owned.over
  await owned.kill()
}
