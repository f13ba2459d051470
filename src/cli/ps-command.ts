import { Command } from 'commander'

import { act } from './act.ts'

/** `fledge ps` */
export function psCommand(): Command {
  return new Command('ps')
    .summary('list the machines that run')
    .description(
      'list the machines of this user that run and can be asked from here: those that were kept, those with an open shell, and those of tests ' +
        'that are paused or sealed.',
    )
    .option('--json', 'print it for programs')
    .action((given: { json?: boolean }) => act(async () => (await import('./ps.ts')).ps(given)))
}
