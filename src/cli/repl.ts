import { launch } from '../index.ts'
import * as library from '../index.ts'
import { machineFunctions } from '../interactive/machine-functions.ts'
import { PromptMachines, type PromptMachine } from '../interactive/prompt-machines.ts'
import { runPrompt } from '../interactive/run-prompt.ts'
import { ownTerminal } from '../interactive/terminal.ts'
import { type MachineArguments, toLaunchOptions } from './machine-options.ts'

/**
 * A prompt in our terminal, with a fresh machine of each image.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` where there is no terminal
 */
export async function repl(
  images: readonly string[],
  given: MachineArguments,
  signal: AbortSignal,
): Promise<void> {
  const terminal = ownTerminal('open a prompt', '"fledge exec" and "fledge test" need none')
  const options = toLaunchOptions(given)
  const globals = { ...library }
  const wanted = images.map((image, index): PromptMachine => ({
    name: images.length === 1 ? 'vm' : `vm${index + 1}`,
    launch: (signal) => launch(image, { ...options, ...(signal && { signal }) }),
  }))
  await using machines = await PromptMachines.launch(wanted, globals, signal)
  await runPrompt({
    terminal,
    globals,
    functions: machineFunctions(machines, terminal),
    greeting: greeting(machines),
    signal,
  })
}

function greeting(machines: PromptMachines): string {
  const lines = [...machines.all].map(
    ([name, machine]) => `fledge: ${name} is "${machine.name}", fresh from ${machine.image}`,
  )
  return [...lines, 'fledge: ".help" lists what there is, Tab completes, Ctrl-D leaves'].join('\n')
}
