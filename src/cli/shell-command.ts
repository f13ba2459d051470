import { Command, Option } from 'commander'

import { act } from './act.ts'
import { addMachineOptions, type MachineArguments } from './machine-options.ts'
import { addPlaceOptions, type PlaceArguments } from './place-options.ts'

/** What `fledge shell` is told besides the image. */
export interface ShellArguments extends MachineArguments, PlaceArguments {
  readonly keep?: boolean
  readonly serial?: boolean
  readonly display?: boolean
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
    .addOption(
      new Option('--serial', "show the machine's serial console instead of a shell").conflicts([
        'user',
        'cwd',
        'env',
      ]),
    )
    .addOption(
      new Option(
        '--display',
        "show the machine's screen too: in a window where there is a desktop, else on a VNC socket, whose path is told",
      ).conflicts('keep'),
    )
    .addHelpText('after', more)
    .action((image: string, given: ShellArguments) =>
      act(async (signal) => (await import('./shell.ts')).shell(image, given, signal)),
    )
}

const more = `
Keys go to the machine, Ctrl-C among them. Enter, then "~." leaves a machine that does not answer; "~~" sends a "~" there.
What the machine writes goes to the terminal as it is.

--serial shows what the machine has written to its first serial port so far, and what it writes from then on. Root is logged in there, unless
something else has the port; it has the size of 24 lines by 80 columns, which "stty rows 50 cols 120" changes.

Examples:
  fledge shell debian:13-minimal
  fledge shell debian:12-minimal --share .:/src --cwd /src
  fledge shell debian:13-minimal --include tmux,vim --memory 4G
  fledge shell debian:13-minimal --keep
  fledge shell debian-13-minimal-4f2a9c
  fledge shell ./desktop.qcow2 --display --memory 4G`
