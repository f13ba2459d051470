import { writeFile } from 'node:fs/promises'

import { Command } from 'commander'

import { act } from './act.ts'
import { parseCount } from './parse-size.ts'

/** What `fledge bench` is told. */
interface BenchArguments {
  readonly image: string
  readonly clones: number
  readonly json?: string
}

/** What `bench/bench.ts` exports; it is built after this, as it is a user of the library. */
interface BenchModule {
  readonly bench: (image: string, clones: number, signal: AbortSignal) => Promise<object>
  readonly describe: (report: object) => string
}

/** `fledge bench [--json FILE]` */
export function benchCommand(): Command {
  return new Command('bench')
    .summary('measure fledge on this host')
    .description(
      'measure, side by side in one run, what fledge saves on this host: a boot, beside clones of it',
    )
    .option('--image <IMAGE>', 'the image to measure with', 'debian:13-minimal')
    .option('--clones <N>', 'how many clones', parseCount, 20)
    .option('--json <FILE>', 'write the figures to a file as well')
    .action(({ image, clones, json }: BenchArguments) =>
      act(async (signal) => {
        const url = new URL('../bench/bench.js', import.meta.url).href
        const { bench, describe } = (await import(url)) as BenchModule
        const report = await bench(image, clones, signal)
        process.stdout.write(`${describe(report)}\n`)
        if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`)
      }),
    )
}
