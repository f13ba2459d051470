import { MisuseError, type CommandPlace, type Machine } from '../index.ts'
import { openShell } from './open-shell.ts'
import type { PromptFunction } from './run-prompt.ts'
import type { Terminal } from './terminal.ts'

/**
 * `shell(machine?)` of a prompt.
 *
 * @param usual the machine that is meant where none is given
 */
export function shellFunction(terminal: Terminal, usual: () => Machine | undefined): PromptFunction {
  return {
    name: 'shell',
    signature: 'shell(machine?, { user, cwd, env }?)',
    summary: 'Opens a shell in a machine, until that ends; Enter, then "~." leaves it, too.',
    run: async (which: Machine | undefined = usual(), place: CommandPlace = {}) => {
      // One that was launched at the prompt has shells, too.
      if (typeof which?.spawn === 'function') return void (await openShell(which, { ...place, terminal }))
      throw new MisuseError('ERR_FLEDGE_OPTION', 'Cannot open a shell in that: it is no machine', {
        hint: 'Give it one, as in "shell(vm)"',
      })
    },
  }
}
