import { commandLine } from '../command-line.ts'
import type { Figures } from '../figures.ts'
import type { Subject } from '../subject.ts'
import { summarize } from '../times.ts'
import { wholeProcess } from '../whole-process.ts'

/** Runs the whole process `fledge exec IMAGE -- true` again and again. */
export async function exec({ image, clones, signal, update }: Subject): Promise<Pick<Figures, 'exec'>> {
  const times: number[] = []
  for (let turn = 1; turn <= clones; turn++) {
    update(`turn ${turn} of ${clones}`)
    times.push(await wholeProcess([commandLine, 'exec', image, '--', 'true'], { signal }))
  }
  return { exec: summarize(times) }
}
