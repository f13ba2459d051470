import { attach, listMachines, MisuseError } from '../index.ts'
import type { StopArguments } from './stop-command.ts'
import { print } from './print.ts'

/** Ends machines that run. */
export async function stop(names: readonly string[], { all = false }: StopArguments): Promise<void> {
  if (all === names.length > 0) {
    throw new MisuseError('ERR_FLEDGE_OPTION', 'Cannot stop: name machines, or use --all', {
      hint: '"fledge ps" lists them',
    })
  }
  const wanted = all ? await keptIds() : names
  if (wanted.length === 0) print('No machine is kept')
  // One after the other, so that what was ended is known when one is not there.
  for (const name of wanted) {
    const machine = await attach(name)
    await machine.stop()
    print(`${machine.name} has ended`)
  }
}

async function keptIds(): Promise<readonly string[]> {
  const { machines } = await listMachines()
  return machines.filter(({ kept }) => kept).map(({ id }) => id)
}
