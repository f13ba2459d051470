import { MisuseError } from '../errors.ts'
import { checkOptions, wholeNumber, type OptionChecks } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { runVerb, type VerbContext } from './verb.ts'

/** Which network card. */
export interface LinkOptions extends CallOptions {
  /** 0 (default) is the one on user-mode networking; 1 to 3 are the others. */
  readonly nic?: number
}

const linkChecks: OptionChecks<LinkOptions> = { ...callChecks, nic: wholeNumber(0, 3) }

/** Pulls the cable out of a network card, or puts it back. */
export async function setLink(context: VerbContext, up: boolean, options: LinkOptions): Promise<void> {
  const verb = up ? 'unblock' : 'block'
  checkOptions(verb, options, linkChecks)
  const { nic = 0 } = options
  if (!up && nic === 0 && context.channel.needsNetwork) {
    throw new MisuseError(
      'ERR_FLEDGE_OPTION',
      `Cannot block network card 0 of "${context.owned.name}": it is asked over SSH, through that card`,
      { machine: context.owned.name, hint: 'Block it in the guest for what you test, as with "nft" or "pf"' },
    )
  }
  const name = `nic${nic}`
  const naming = { verb, detail: name, defaultTimeoutMs: 30_000, ...bounds(options) }
  await runVerb(context, naming, async ({ signal }) => {
    await context.owned.qmp.run('set_link', { name, up }, { signal })
  })
}
