import { launch } from 'fledge'

import type { Figures } from '../figures.ts'
import { inTerminal } from '../in-terminal.ts'
import type { Subject } from '../subject.ts'
import { summarize } from '../times.ts'
import { wholeProcess } from '../whole-process.ts'

/**
 * Opens `fledge shell` in a terminal until it has a prompt, and, in turns, what that cannot do without: the start of Node, and a clone that has run a
 * program.
 */
export async function shell({ image, clones, signal, update }: Subject): Promise<Pick<Figures, 'shell'>> {
  const times = { prompt: [] as number[], clone: [] as number[], node: [] as number[] }
  for (let turn = 1; turn <= clones; turn++) {
    update(`turn ${turn} of ${clones}`)
    signal.throwIfAborted()
    times.prompt.push(await toPrompt(image, signal))
    times.clone.push(await toExitStatus(image, signal))
    times.node.push(await wholeProcess(['--eval', '0'], { signal }))
  }
  return {
    shell: {
      prompt: summarize(times.prompt),
      clone: summarize(times.clone),
      node: summarize(times.node),
    },
  }
}

async function toPrompt(image: string, signal: AbortSignal): Promise<number> {
  const start = performance.now()
  await using terminal = inTerminal(['shell', image], signal)
  await terminal.until(/[#$] $/)
  return performance.now() - start
}

async function toExitStatus(image: string, signal: AbortSignal): Promise<number> {
  const start = performance.now()
  await using vm = await launch(image, { signal })
  await vm.succeed(['true'])
  return performance.now() - start
}
