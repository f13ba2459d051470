import { readFile } from 'node:fs/promises'

import { Command } from 'commander'

import { commands } from './commands.ts'

/** The whole command line, or the part of it that one command needs. */
export async function createProgram(wanted: string | undefined): Promise<Command> {
  const program = new Command('fledge')
    .description('Fully fledged Linux machines, fresh for every test')
    .version(await version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .enablePositionalOptions()
    .addHelpText('after', environment)
  const one = wanted !== undefined && Object.hasOwn(commands, wanted) ? commands[wanted] : undefined
  const isVersion = wanted === '-V' || wanted === '--version'
  for (const load of one ? [one] : isVersion ? [] : Object.values(commands)) program.addCommand(await load())
  settle(program)
  return program
}

/** What all commands have in common; subcommands that were made elsewhere do not inherit it. */
function settle(command: Command): void {
  command
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      outputError: (text, write) =>
        write(text.replace(/^error: (.)/, (_, first: string) => `fledge: ${first.toUpperCase()}`)),
    })
    .showHelpAfterError(`  Run "${fullName(command)} --help" for what there is`)
  for (const each of command.commands) settle(each)
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name()
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

const environment = `
Environment:
  FLEDGE_CACHE        folder of images and templates (default: ~/.cache/fledge)
  FLEDGE_ACCELERATOR  auto, kvm or tcg
  FLEDGE_MIRROR       package mirror to build images from (default: the host's own)
  FLEDGE_OFFLINE      1 downloads nothing, and tells how to bring what is missing
  FLEDGE_QEMU         path of qemu-system-x86_64
  FLEDGE_TIME_FACTOR  multiplies all default time limits, for a slow host
  FLEDGE_VERDICTS     folder or server of remembered verdicts (default: verdicts in FLEDGE_CACHE)
  FLEDGE_VERDICTS_MODE  read adds no verdicts (default: read-write)
  FLEDGE_VERDICTS_KEY   signs verdicts; needed for a server
  FLEDGE_DEBUG        1 prints errors in full
  NO_COLOR            1 prints without colours
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY  for downloads of images

Examples:
  fledge exec debian:13-minimal -- uname -a
  fledge shell debian:13-minimal
  fledge test
  fledge doctor --fix`
