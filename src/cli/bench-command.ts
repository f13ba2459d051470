import { writeFile } from 'node:fs/promises'

import { Command, InvalidArgumentError } from 'commander'

import { act } from './act.ts'
import { parseCount } from './parse-count.ts'
import { parseOutputFile } from './parse-output-file.ts'

/** What `fledge bench` is told. */
interface BenchArguments {
  readonly image: string
  readonly clones: number
  readonly only?: readonly string[]
  readonly json?: string
}

/** What `bench/bench.ts` exports; it is built after this, as it is a user of the library. */
interface BenchModule {
  readonly bench: (options: {
    readonly image: string
    readonly clones: number
    readonly only: readonly string[]
    readonly signal: AbortSignal
  }) => Promise<object>
  readonly describe: (report: object) => string
  readonly measureNames: readonly string[]
}

/** `fledge bench [--json FILE] [--only NAME]` */
export async function benchCommand(): Promise<Command> {
  const { bench, describe, measureNames } = (await import(
    new URL('../bench/bench.js', import.meta.url).href
  )) as BenchModule
  return new Command('bench')
    .summary('measure fledge on this host')
    .description(
      'measure fledge on this host, side by side in one run: what a clone saves over a boot, how far it is from the least\n' +
        'that QEMU needs, and what commands, streams, shares and whole test runs cost; takes some minutes',
    )
    .option(
      '--image <IMAGE>',
      'the image to measure with; "prepare" needs a disk, as ./disk.qcow2',
      'debian:13-minimal',
    )
    .option(
      '--clones <N>',
      'how many clones, and rounds of what takes as long',
      (text) => parseCount(text, [1, 10_000]),
      20,
    )
    .option(
      '--only <NAMES>',
      `measure only these, separated by commas: ${measureNames.join(', ')}`,
      (text, before: readonly string[] | undefined) => [...(before ?? []), ...names(text, measureNames)],
    )
    .option('--json <FILE>', 'write the figures to a file as well', parseOutputFile)
    .action(({ image, clones, only = [], json }: BenchArguments) =>
      act(async (signal) => {
        const report = await bench({ image, clones, only, signal })
        process.stdout.write(`${describe(report)}\n`)
        if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`)
      }),
    )
}

function names(text: string, known: readonly string[]): readonly string[] {
  const given = text.split(',')
  const unknown = given.find((name) => !known.includes(name))
  if (unknown === undefined) return given
  throw new InvalidArgumentError(`There is no "${unknown}"; there are ${known.join(', ')}`)
}
