import { Command } from 'commander'

import { act } from './act.ts'
import { addMachineOptions, type MachineArguments } from './machine-options.ts'

/** `fledge repl [IMAGE…]` */
export function replCommand(): Command {
  const command = new Command('repl')
    .summary('try verbs at a prompt')
    .description(
      'a prompt of TypeScript with fresh machines: "vm", or "vm1", "vm2" and so on for several images. They are gone when you leave it.',
    )
    .argument('[images...]', 'as debian:13-minimal; "fledge images ls" lists them')
  return addMachineOptions(command)
    .addHelpText('after', more)
    .action((images: string[], given: MachineArguments) =>
      act(async (signal) => (await import('./repl.ts')).repl(images, given, signal)),
    )
}

const more = `
At the prompt: Tab completes and tells of verbs, ".help" lists what there is, Ctrl-C ends what runs, Ctrl-D leaves.

Examples:
  fledge repl debian:13-minimal
  fledge repl debian:13-minimal --share .:/src --memory 2G
  fledge repl debian:12-minimal debian:13-minimal`
