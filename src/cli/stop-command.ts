import { Command } from 'commander'

import { act } from './act.ts'

/** What `fledge stop` is told besides names. */
export interface StopArguments {
  readonly all?: boolean
}

/** `fledge stop NAME…` */
export function stopCommand(): Command {
  return new Command('stop')
    .summary('end machines that run')
    .description(
      'end machines that run, and let go of their disks. What uses one is told that it was stopped.',
    )
    .argument(
      '[names...]',
      'as "fledge ps" lists them; an id, or the beginning of one, where names are not enough',
    )
    .option('--all', 'all that are kept')
    .action((names: readonly string[], given: StopArguments) =>
      act(async () => (await import('./stop.ts')).stop(names, given)),
    )
}
