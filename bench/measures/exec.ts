import { fileURLToPath } from 'node:url'

import type { Figures } from '../figures.ts'
import type { Subject } from '../subject.ts'
import { summarize } from '../times.ts'
import { wholeProcess } from '../whole-process.ts'

/** The command line, beside which the bench is built. */
export const commandLine: string = fileURLToPath(new URL('../../cli/main.js', import.meta.url))

/** Runs the whole process `fledge exec IMAGE -- true` again and again. */
export async function exec({ image, clones, signal, update }: Subject): Promise<Pick<Figures, 'exec'>> {
  const times: number[] = []
  for (let turn = 1; turn <= clones; turn++) {
    update(`turn ${turn} of ${clones}`)
    times.push(await wholeProcess([commandLine, 'exec', image, '--', 'true'], { signal }))
  }
  return { exec: summarize(times) }
}
