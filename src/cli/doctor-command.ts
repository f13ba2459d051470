import { Command } from 'commander'

import { act } from './act.ts'

/** `fledge doctor` */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look at all that fledge needs of this host, and say what mends it')
    .option('--fix', 'install what is missing, by apt-get, as root or through sudo')
    .option('--json', 'print it for programs')
    .addHelpText('after', '\nThe exit status is 0 when all that is needed is there, else 1.')
    .action((given: { fix?: boolean; json?: boolean }) =>
      act(async (signal) => (await import('./doctor.ts')).doctor(given, signal)),
    )
}
