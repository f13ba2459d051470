import { MisuseError } from '../errors.ts'
import type { GuestChannel } from './guest-channel.ts'

/** The channel of a machine that has none: it refuses all that has to be asked of the guest. */
export function noChannel(machine: string): GuestChannel {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new MisuseError(
        'ERR_FLEDGE_NO_CHANNEL',
        `Cannot ask the machine "${machine}": it was launched with the channel "none"`,
        {
          machine,
          hint: 'What works without a guest agent: getConsoleLog, waitForConsoleText, screenshot, sendMonitorCommand, waitForShutdown, crash and stop',
        },
      ),
    )
  return {
    ...{ inSession: false, needsNetwork: false },
    ...{ exec: refuse, probe: refuse, stat: refuse, mount: refuse, rest: refuse, setClock: refuse },
    // Nothing is ever pending that could fail.
    fail: () => {},
  }
}
