import { listMachines, type RunningMachine } from '../index.ts'
import { visible } from '../interactive/visible.ts'
import { formatDuration } from './format-duration.ts'
import { print } from './print.ts'
import { table } from './table.ts'

/** Lists the machines that can be asked from here. */
export async function ps({ json = false }: { readonly json?: boolean }): Promise<void> {
  const { machines, refusals } = await listMachines()
  if (json) return print(JSON.stringify(machines, null, 2))
  for (const { message } of refusals) process.stderr.write(`fledge: ${visible(message)}\n`)
  if (machines.length === 0) return print('No machine runs that could be asked from here')
  print(table([['NAME', 'IMAGE', 'STATE', 'UP', 'KEPT', 'ID'], ...machines.map(row)]))
}

function row({ name, image, state, sinceMs, kept, id }: RunningMachine): string[] {
  const up = formatDuration(Math.max(0, Date.now() - sinceMs))
  return [name, image, state, up, kept ? 'yes' : 'no', id.slice(0, 8)]
}
