import { launch } from '../index.ts'
import { openShell } from '../interactive/open-shell.ts'
import { ownTerminal } from '../interactive/terminal.ts'
import { commandExitCode } from './command-exit-code.ts'
import { toLaunchOptions } from './machine-options.ts'
import { toPlace } from './place-options.ts'
import type { ShellArguments } from './shell-command.ts'

/**
 * Opens a shell in a fresh machine, in our terminal.
 *
 * @returns the exit code that tells how it ended
 * @throws MisuseError `ERR_FLEDGE_OPTION` where there is no terminal
 */
export async function shell(image: string, given: ShellArguments, signal: AbortSignal): Promise<number> {
  const terminal = ownTerminal(
    'open a shell',
    `"fledge exec ${image} -- sh -c 'COMMANDS'" runs commands without one`,
  )
  const machine = await launch(image, { ...toLaunchOptions(given), signal })
  try {
    process.stderr.write(
      `fledge: this is "${machine.name}", fresh from ${machine.image}; it is gone when you leave\n`,
    )
    const exit = await openShell(machine, { terminal, signal, ...toPlace(given) })
    return exit ? commandExitCode(exit) : 0
  } finally {
    await (signal.aborted ? machine.kill() : machine.stop())
  }
}
