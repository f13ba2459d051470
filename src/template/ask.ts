import { gather } from '../channel/gather.ts'
import type { GuestChannel } from '../channel/guest-channel.ts'
import { GuestError } from '../errors.ts'

/**
 * Runs a shell script in a machine that has no verbs yet, and gives its standard output without the space around it; it has to succeed.
 *
 * @param title what it is called when it fails; the script itself when there is none
 */
export async function ask(
  channel: GuestChannel,
  script: string,
  signal: AbortSignal,
  title = `"${script}"`,
): Promise<string> {
  const output = gather(await channel.exec({ argv: [script], shell: true }, { signal }))
  const exit = await output.exited
  if (!('exitCode' in exit) || exit.exitCode !== 0) {
    const said = output.stderr().toString('utf8').trim()
    throw new GuestError('ERR_FLEDGE_BAKE', `Cannot make the machine ready: ${title} failed: ${said}`)
  }
  return output.stdout().toString('utf8').trim()
}
