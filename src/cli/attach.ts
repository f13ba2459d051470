import { attach } from '../index.ts'
import * as library from '../index.ts'
import { runPrompt } from '../interactive/run-prompt.ts'
import { shellFunction } from '../interactive/shell-function.ts'
import { ownTerminal } from '../interactive/terminal.ts'

/**
 * A prompt in our terminal, with a machine that another process holds.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION` where there is no terminal; EnvironmentError `ERR_FLEDGE_NO_MACHINE`
 */
export async function attachTo(name: string, signal: AbortSignal): Promise<void> {
  const terminal = ownTerminal('open a prompt', '"attach" of the library needs none')
  await using vm = await attach(name)
  await runPrompt({
    terminal,
    globals: { ...library, vm },
    functions: [shellFunction(terminal, () => vm)],
    greeting: `fledge: vm is "${vm.name}", of ${vm.image}, and runs on when you leave\nfledge: ".help" lists what there is, Tab completes, Ctrl-D leaves`,
    signal,
  })
}
