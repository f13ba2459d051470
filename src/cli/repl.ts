import { launch } from '../index.ts'
import { machineFunctions } from '../interactive/machine-functions.ts'
import { PromptMachines, type PromptMachine } from '../interactive/prompt-machines.ts'
import { recordFunction } from '../interactive/record-function.ts'
import { Recorder } from '../interactive/recorder.ts'
import { runPrompt } from '../interactive/run-prompt.ts'
import { ownTerminal } from '../interactive/terminal.ts'
import { libraryNames, withLibrary } from '../interactive/with-library.ts'
import { type MachineArguments, toLaunchOptions } from './machine-options.ts'
import { recordedMachine } from './recorded-machine.ts'

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
  const globals = withLibrary({})
  const wanted = images.map((image, index): PromptMachine & { readonly image: string } => ({
    name: images.length === 1 ? 'vm' : `vm${index + 1}`,
    image,
    launch: (signal) => launch(image, { ...options, ...(signal && { signal }) }),
  }))
  await using machines = await PromptMachines.launch(wanted, globals, signal)
  const recorder = new Recorder(['reset', 'shell', 'record'])
  await runPrompt({
    terminal,
    globals,
    functions: [
      ...machineFunctions(machines, terminal, () => recorder.machinesAreFresh()),
      recordFunction({
        recorder,
        library: libraryNames,
        machines: (file) =>
          Object.fromEntries(wanted.map(({ name, image }) => [name, recordedMachine(image, options, file)])),
        say: (line) => void terminal.output.write(`${line}\n`),
      }),
    ],
    greeting: greeting(machines),
    prepare: async ({ names }) => {
      if (names.has('expect')) globals['expect'] ??= (await import('../test/expect.ts')).expect
    },
    onDone: (input, evaluated) => recorder.succeeded(input, evaluated),
    onFailed: (input) => recorder.failed(input),
    signal,
  })
}

function greeting(machines: PromptMachines): string {
  const lines = [...machines.all].map(
    ([name, machine]) => `fledge: ${name} is "${machine.name}", fresh from ${machine.image}`,
  )
  return [...lines, 'fledge: ".help" lists what there is, Tab completes, Ctrl-D leaves'].join('\n')
}
