import type { FledgeError } from '../errors.ts'
import { checkOptions } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { dumpScreen } from './look-at-screen.ts'
import { runVerb, type VerbContext } from './verb.ts'

/** The picture on the machine's screen, as a PNG. */
export async function screenshot(context: VerbContext, options: CallOptions): Promise<Buffer> {
  checkOptions('screenshot', options, callChecks)
  const naming = {
    verb: 'screenshot',
    detail: '',
    // QEMU is there after a panic, with what the kernel has last shown.
    evenAfter: ({ code }: FledgeError) => code === 'ERR_FLEDGE_GUEST_PANIC',
    defaultTimeoutMs: 30_000,
    ...bounds(options),
  }
  return runVerb(context, naming, ({ signal }) => dumpScreen(context.owned, 'png', signal))
}
