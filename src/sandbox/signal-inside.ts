import { readFileSync } from 'node:fs'

import * as v from 'valibot'

const infoSchema = v.pipe(v.string(), v.parseJson(), v.object({ 'child-pid': v.number() }))

/** The first process of a seal, as it is numbered outside, from what bubblewrap tells. */
export function firstProcess(info: string): number | undefined {
  const read = v.safeParse(infoSchema, info)
  return read.success ? read.output['child-pid'] : undefined
}

/**
 * Sends a signal to the program of a seal: the child of its first process, which is bubblewrap's own and takes no signals.
 *
 * @returns false when it is not there yet, or no more
 */
export function signalInside(first: number, signal: NodeJS.Signals): boolean {
  try {
    const [program] = readFileSync(`/proc/${first}/task/${first}/children`, 'utf8').split(' ')
    return Boolean(program) && process.kill(Number(program), signal)
  } catch {
    return false
  }
}
