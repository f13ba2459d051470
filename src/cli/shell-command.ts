import { Command } from 'commander'

import { act } from './act.ts'
import { addMachineOptions, type MachineArguments } from './machine-options.ts'
import { addPlaceOptions, type PlaceArguments } from './place-options.ts'

/** What `fledge shell` is told besides the image. */
export interface ShellArguments extends MachineArguments, PlaceArguments {
  readonly keep?: boolean
}

/** `fledge shell IMAGE` */
export function shellCommand(): Command {
  const command = new Command('shell')
    .summary('open a shell in a fresh machine, or in one that runs')
    .description(
      'open a shell in this terminal: in a fresh machine, which is gone when the shell ends, or in one that runs. The exit status is that of the shell.',
    )
    .argument(
      '<image>',
      'as debian:13-minimal; "fledge images ls" lists them. Or the name of a machine, as "fledge ps" lists it',
    )
  return addPlaceOptions(addMachineOptions(command))
    .option('--keep', 'let the machine run on afterwards; "fledge ps" lists it, "fledge stop" ends it')
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
  fledge shell debian:13-minimal --include tmux,vim --memory 4G
  fledge shell debian:13-minimal --keep
  fledge shell debian-13-minimal-4f2a9c`
