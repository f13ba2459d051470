import { MisuseError } from '../errors.ts'
import type { VerbContext } from './verb.ts'

/** Has the test that a machine is of pause, as a verb without a time limit. */
export async function pause({ owned, hooks }: VerbContext): Promise<void> {
  const { name } = owned
  if (owned.over) throw owned.over
  if (!hooks.pause) {
    throw new MisuseError('ERR_FLEDGE_OPTION', `Cannot pause at "${name}": it is not the machine of a test`, {
      hint: 'The fixture "vm" of fledge/test has pauses; "fledge repl" and "fledge shell" are for machines without a test',
    })
  }
  const { around = (_call, run) => run() } = hooks
  await around({ machine: name, verb: 'pause', detail: '' }, hooks.pause)
}
