import { FledgeError } from '../errors.ts'
import { bounds, type CallOptions } from '../util/with-deadline.ts'
import { execRequest } from './command-line.ts'
import { runVerb, type VerbContext } from './verb.ts'

/** Powers the guest off through its init system, and waits until the machine is gone. */
export async function shutdown(context: VerbContext, options: CallOptions): Promise<void> {
  const { owned } = context
  const naming = { verb: 'shutdown', detail: '', defaultTimeoutMs: 120_000, ...bounds(options) }
  await runUntilGone(context, naming, async (signal) => {
    await owned.channel.exec(execRequest('systemctl poweroff || poweroff', {}), { signal })
  })
}

/** Cuts the power. */
export async function crash(context: VerbContext, options: CallOptions): Promise<void> {
  const naming = { verb: 'crash', detail: '', defaultTimeoutMs: 30_000, ...bounds(options) }
  await runUntilGone(context, naming, async (signal) => {
    await context.owned.qmp.run('quit', undefined, { signal })
  })
}

/** The end of the machine is what these verbs are for, and not their failure. */
async function runUntilGone(
  context: VerbContext,
  naming: Parameters<typeof runVerb>[1],
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
  await owned.kill()
}
