import { inspect } from 'node:util'

import type { Machine } from '../index.ts'
import type { PromptFunction } from '../interactive/run-prompt.ts'
import { shellFunction } from '../interactive/shell-function.ts'
import type { Terminal } from '../interactive/terminal.ts'

/** How a pause may end. */
export type PauseEnd = 'goes on' | 'is given up'

/** What a person can say at a pause, besides all that there is at a prompt. */
export function pauseFunctions(
  vm: Machine,
  terminal: Terminal,
  { mayFail, finish }: { readonly mayFail: boolean; readonly finish: (end: PauseEnd) => void },
): readonly PromptFunction[] {
  return [
    word('go', 'Lets the test go on, as Ctrl-D does.', () => finish('goes on')),
    ...(mayFail ? [word('fail', 'Gives the test up: it has failed.', () => finish('is given up'))] : []),
    word('quit', 'Ends the run, as Ctrl-C does.', () => {
      finish(mayFail ? 'is given up' : 'goes on')
      // The parent of a worker is the run.
      process.kill(process.ppid, 'SIGINT')
    }),
    shellFunction(terminal, () => vm),
  ]
}

function word(name: string, summary: string, run: () => void): PromptFunction {
  return { name, signature: name, summary, run: byNameAlone(run) }
}

/** A function that is called, too, when it is only named at a prompt, as that shows it then. */
function byNameAlone(run: () => void): () => void {
  // After the prompt has shown it.
  const soon = (): void => void setImmediate(run)
  return Object.assign(soon, { [inspect.custom]: () => (soon(), '') })
}
