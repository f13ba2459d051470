import { attach, launch, serveMachine, type Machine } from '../index.ts'
import { openSerial } from '../interactive/open-serial.ts'
import { openShell } from '../interactive/open-shell.ts'
import { ownTerminal, type Terminal } from '../interactive/terminal.ts'
import { commandExitCode } from './command-exit-code.ts'
import { isMachineName } from './is-machine-name.ts'
import { keptLines } from './kept-lines.ts'
import { launchWithScreen } from './launch-with-screen.ts'
import { toLaunchOptions } from './machine-options.ts'
import { toPlace } from './place-options.ts'
import type { ShellArguments } from './shell-command.ts'

/**
 * Opens a shell in a fresh machine, or in one that runs, in our terminal; or its serial console.
 *
 * @returns the exit code that tells how it ended
 * @throws MisuseError `ERR_FLEDGE_OPTION` where there is no terminal; EnvironmentError `ERR_FLEDGE_NO_MACHINE`
 */
export async function shell(target: string, given: ShellArguments, signal: AbortSignal): Promise<number> {
  const terminal = ownTerminal(
    'open a shell',
    `"fledge exec ${target} -- sh -c 'COMMANDS'" runs commands without one`,
  )
  if (isMachineName(target)) {
    await using running = await attach(target)
    return await open(running, terminal, given, signal)
  }
  const { keep = false, display = false } = given
  const options = { ...toLaunchOptions(given), ...(keep ? { keep } : {}), signal }
  await using screen = display ? await launchWithScreen(target, options) : undefined
  const machine = screen?.machine ?? (await launch(target, options))
  let isKept = false
  try {
    const end = keep ? 'it is kept when you leave' : 'it is gone when you leave'
    process.stderr.write(`fledge: this is "${machine.name}", fresh from ${machine.image}; ${end}\n`)
    const shell = open(machine, terminal, given, signal)
    // It is waited for below.
    shell.catch(() => {})
    // While it starts. One that is kept is served by who holds it.
    await using _ = keep ? undefined : await serveMachine(machine)
    const code = await shell
    isKept = keep && machine.isUp()
    if (isKept) process.stderr.write(keptLines(machine.name))
    return code
  } finally {
    if (isKept) await machine.detach()
    else await (signal.aborted ? machine.kill() : machine.stop())
  }
}

async function open(
  machine: Machine,
  terminal: Terminal,
  given: ShellArguments,
  signal: AbortSignal,
): Promise<number> {
  if (given.serial) {
    process.stderr.write('fledge: this is its serial console; Enter, then "~." leaves it\n')
    await openSerial(machine, { terminal, signal })
    return 0
  }
  const exit = await openShell(machine, { terminal, signal, ...toPlace(given) })
  return exit ? commandExitCode(exit) : 0
}
