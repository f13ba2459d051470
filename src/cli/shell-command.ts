import { Command } from 'commander'

import { act } from './act.ts'
import { addMachineOptions, type MachineArguments } from './machine-options.ts'
import { addPlaceOptions, type PlaceArguments } from './place-options.ts'

/** What `fledge shell` is told besides the image. */
export interface ShellArguments extends MachineArguments, PlaceArguments {}

/** `fledge shell IMAGE` */
export function shellCommand(): Command {
  const command = new Command('shell')
    .summary('open a shell in a fresh machine')
    .description(
      'open a shell in a fresh machine, in this terminal. The machine is gone when the shell ends, with whose exit status this does.',
    )
    .argument('<image>', 'as debian:13-minimal; "fledge images ls" lists them')
  return addPlaceOptions(addMachineOptions(command))
    .addHelpText('after', more)
    .action((image: string, given: ShellArguments) =>
      act(async (signal) => (await import('./shell.ts')).shell(image, given, signal)),
    )
}

const more = `
Keys go to the machine, Ctrl-C among them. Enter, then "~." leaves a machine that does not answer; "~~" sends a "~" there.

Examples:
  fledge shell debian:13-minimal
  fledge shell debian:12-minimal --share .:/src --cwd /src
  fledge shell debian:13-minimal --include tmux,vim --memory 4G`
