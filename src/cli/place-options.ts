import type { Command } from 'commander'

import { defined } from '../util/defined.ts'
import { parseFolder, parseUser } from './parse-place.ts'
import { parseVariable, type Variables } from './parse-variable.ts'

/** Where in the guest a command runs, as commander gives it. */
export interface PlaceArguments {
  readonly user?: string
  readonly cwd?: string
  readonly env?: Variables
}

/** Gives a command the options that say where in the guest it runs something. */
export function addPlaceOptions(command: Command): Command {
  return command
    .option('--user <USER>', 'name or number of the user to run it as (default: root)', parseUser)
    .option(
      '--cwd <DIR>',
      "folder of the guest to run it in, as an absolute path (default: the user's home)",
      parseFolder,
    )
    .option('--env <NAME[=VALUE]>', 'a variable for it; without VALUE, the one of this host', parseVariable)
}

/** The library's options for those of the command line. */
export function toPlace({ user, cwd, env }: PlaceArguments): PlaceArguments {
  return defined({ user, cwd, env })
}
