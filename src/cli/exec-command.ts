import { Command } from 'commander'

import { act } from './act.ts'
import { addMachineOptions, type MachineArguments } from './machine-options.ts'
import { addPlaceOptions, type PlaceArguments } from './place-options.ts'
import { parseCommand } from './parse-command.ts'
import { parseDuration } from './parse-duration.ts'

/** What `fledge exec` is told besides image and command. */
export interface ExecArguments extends MachineArguments, PlaceArguments {
  /** Milliseconds. */
  readonly timeout?: number
  readonly keep?: boolean
}

/** `fledge exec IMAGE -- COMMAND [ARGS…]` */
export function execCommand(): Command {
  const command = new Command('exec')
    .summary('run one command in a fresh machine')
    .description(
      'run one command in a fresh machine, which is gone afterwards. Its exit status is that of the command.',
    )
    .usage('[options] IMAGE -- COMMAND [ARGS...]')
    .argument('<image>', 'as debian:13-minimal; "fledge images ls" lists them')
    .argument('<command...>', 'the program and its arguments, which no shell sees', parseCommand)
  return addPlaceOptions(addMachineOptions(command))
    .option('--timeout <SECONDS>', 'end it after that time, with exit status 124; also 5m or 2h', (text) =>
      parseDuration(text, 'limit'),
    )
    .option('--keep', 'let the machine run on afterwards; "fledge ps" lists it, "fledge stop" ends it')
    .addHelpText('after', more)
    .action((image: string, line: [string, ...string[]], given: ExecArguments) =>
      act(async (signal) => (await import('./exec.ts')).exec(image, line, given, signal)),
    )
}

const more = `
The first use of an image builds, boots and freezes it, which takes minutes; later ones take a second.

What the command writes is passed on byte by byte, to a terminal too, as ssh does.

Exit status:
  that of the command, or 128 and the number of the signal that ended it
  124  it took longer than --timeout
  127  it could not be started
  2    an option is wrong
  1    anything else that kept it from ending
  130  Ctrl-C (143 SIGTERM, 129 SIGHUP)

Examples:
  fledge exec debian:13-minimal -- cat /etc/os-release
  fledge exec debian:12-minimal --share ./dist:/mnt/dist -- apt-get -yq install /mnt/dist/hello.deb
  fledge exec debian:13-minimal -- sh -c 'systemctl start nginx && curl localhost' < input.txt`
