import { Command } from 'commander'

import { act } from './act.ts'
import { imageNames } from './image-names.ts'

/** `fledge why` */
export function whyCommand(): Command {
  return new Command('why')
    .description('say what has changed since sealed tests passed, for which they run again')
    .argument('[files...]', 'test files and folders (default: all below this folder)')
    .option('--image <names>', 'as "fledge test --sandbox" is given it', imageNames)
    .option('--verdicts <place>', 'the folder or server of remembered verdicts')
    .usage('[files...] [--image NAME,…] [--verdicts PLACE] [options of Playwright]')
    .allowUnknownOption()
    .addHelpText(
      'after',
      `
Give it the options that "fledge test --sandbox" is given: they count too.

Example:
  $ fledge why tests/install.spec.ts`,
    )
    .action((_files: string[], options: { image?: readonly string[]; verdicts?: string }, command: Command) =>
      act(async () => (await import('./why.ts')).why(command.args, options)),
    )
}
