import { Command } from 'commander'

import { act } from './act.ts'

/** `fledge attach NAME` */
export function attachCommand(): Command {
  return new Command('attach')
    .summary('try verbs on a machine that runs')
    .description(
      'a prompt of TypeScript with a machine that runs, as "vm". It runs on when you leave; "await vm.stop()" ends it.',
    )
    .argument('<name>', 'as "fledge ps" lists it; an id, or the beginning of one, where a name is not enough')
    .addHelpText('after', more)
    .action((name: string) => act(async (signal) => (await import('./attach.ts')).attachTo(name, signal)))
}

const more = `
"fledge shell NAME" opens a shell in it.

Examples:
  fledge attach debian-13-minimal-4f2a9c`
