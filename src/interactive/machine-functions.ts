import { MisuseError, type CommandPlace, type Machine } from '../index.ts'
import { openShell } from './open-shell.ts'
import type { PromptMachines } from './prompt-machines.ts'
import type { PromptFunction } from './run-prompt.ts'
import type { Terminal } from './terminal.ts'

/** The functions of a prompt that has machines. */
export function machineFunctions(
  machines: PromptMachines,
  terminal: Terminal,
  onFresh: () => void,
): readonly PromptFunction[] {
  return [
    {
      name: 'reset',
      signature: 'reset(machine?)',
      summary: 'Puts a fresh clone in the place of a machine, or of all.',
      run: async (which?: Machine) => {
        const isOne = [...machines.all.values()].some((each) => each === which)
        if (which !== undefined && !isOne) throw notOne('reset', machines)
        await machines.reset(which)
        // Where others go on, what was done to them still holds.
        if (which === undefined || machines.all.size === 1) onFresh()
      },
    },
    {
      name: 'shell',
      signature: 'shell(machine?, { user, cwd, env }?)',
      summary: 'Opens a shell in a machine, until that ends; Enter, then "~." leaves it, too.',
      run: async (which: Machine | undefined = machines.first, place: CommandPlace = {}) => {
        // One that was launched at the prompt has shells, too.
        if (typeof which?.spawn !== 'function') throw notOne('open a shell in', machines)
        await openShell(which, { ...place, terminal })
      },
    },
  ]
}

function notOne(what: string, { all }: PromptMachines): MisuseError {
  return new MisuseError('ERR_FLEDGE_OPTION', `Cannot ${what} that: it is no machine of this prompt`, {
    hint:
      all.size === 0 ? 'There is none; launch(IMAGE) makes one' : `There are: ${[...all.keys()].join(', ')}`,
  })
}
