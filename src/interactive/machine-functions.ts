import { MisuseError, type Machine } from '../index.ts'
import type { PromptMachines } from './prompt-machines.ts'
import type { PromptFunction } from './run-prompt.ts'
import { shellFunction } from './shell-function.ts'
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
    shellFunction(terminal, () => machines.first),
  ]
}

function notOne(what: string, { all }: PromptMachines): MisuseError {
  return new MisuseError('ERR_FLEDGE_OPTION', `Cannot ${what} that: it is no machine of this prompt`, {
    hint:
      all.size === 0 ? 'There is none; launch(IMAGE) makes one' : `There are: ${[...all.keys()].join(', ')}`,
  })
}
