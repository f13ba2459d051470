import { Command, InvalidArgumentError } from 'commander'

import { MisuseError } from '../index.ts'
import { act } from './act.ts'
import { addMachineOptions, type MachineArguments } from './machine-options.ts'

/** What `fledge repl` is told besides images or a file. */
export interface ReplArguments extends MachineArguments {
  readonly project?: string
}

/** `fledge repl [IMAGE… | FILE]` */
export function replCommand(): Command {
  const command = new Command('repl')
    .summary('try verbs at a prompt')
    .description(
      'a prompt of TypeScript with fresh machines: "vm", or "vm1", "vm2" and so on for several images, or "vm" as the tests of a file have it. They are gone when you leave it.',
    )
    .usage('[options] [IMAGE... | FILE[:LINE]]')
    .argument('[targets...]', 'images as debian:13-minimal, or one file of tests')
  return addMachineOptions(command)
    .option(
      '--project <NAME>',
      'with a file: the project of the configuration (default: the first that has it)',
      parseProject,
    )
    .addHelpText('after', more)
    .action(async (targets: string[], { project, ...machine }: ReplArguments) => {
      const [file] = targets
      if (targets.length === 1 && file !== undefined && isTestFile(file)) {
        refuse(Object.keys(machine), 'with a file: it says itself what its machine is like')
        process.exitCode = await (await import('./repl-file.ts')).replFile(file, project)
        return
      }
      refuse(project === undefined ? [] : ['project'], 'without a file of tests')
      await act(async (signal) => (await import('./repl.ts')).repl(targets, machine, signal))
    })
}

const more = `
At the prompt: Tab completes and tells of verbs, ".help" lists what there is, Ctrl-C ends what runs, Ctrl-D leaves.

Examples:
  fledge repl debian:13-minimal
  fledge repl debian:13-minimal --share .:/src --memory 2G
  fledge repl debian:12-minimal debian:13-minimal
  fledge repl tests/install.spec.ts:12`

function isTestFile(target: string): boolean {
  return /\.[cm]?[jt]sx?(?::\d+)?$/.test(target)
}

/** @throws MisuseError `ERR_FLEDGE_OPTION` */
function refuse([option]: readonly string[], why: string): void {
  if (option === undefined) return
  const name = option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot use --${name} ${why}`)
}

function parseProject(name: string): string {
  if (name === '') throw new InvalidArgumentError('It must be the name of a project.')
  return name
}
