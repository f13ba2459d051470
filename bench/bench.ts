import { cpus, release, totalmem } from 'node:os'

import { prepare, step } from 'fledge'

import { type Figures, type Measure, type Ratios, ratiosOf } from './figures.ts'
import { cloneAndFloor } from './measures/clone.ts'
import { coldBoot } from './measures/cold-boot.ts'
import { download } from './measures/download.ts'
import { exec } from './measures/exec.ts'
import { keystroke } from './measures/keystroke.ts'
import { parallel } from './measures/parallel.ts'
import { preparation } from './measures/prepare.ts'
import { roundTrip } from './measures/round-trip.ts'
import { sealed } from './measures/sealed.ts'
import { share } from './measures/share.ts'
import { shell } from './measures/shell.ts'
import { stream } from './measures/stream.ts'
import { suite } from './measures/suite.ts'
import { test } from './measures/test.ts'
import { qemuVersion } from './qemu-version.ts'
import type { Subject } from './subject.ts'

export { describe } from './describe.ts'

/** What a bench found, side by side in one run on one host. */
export interface BenchReport extends Figures {
  readonly host: {
    readonly cpu: string
    readonly cpus: number
    readonly memoryMiB: number
    readonly kernel: string
  }
  readonly accelerator: string
  /** Its version, as `7.2.22`. */
  readonly qemu: string
  readonly image: string
  readonly ratios: Ratios
  /** Why something was left out. */
  readonly skipped: readonly string[]
}

/** What a bench is told. */
export interface BenchOptions {
  readonly image: string
  /** How many clones, and rounds of what takes as long. */
  readonly clones: number
  /** Measures to take; all of them when there are none. */
  readonly only: readonly string[]
  readonly signal: AbortSignal
}

/** In this order; a pair is measured in turns. */
const measures: readonly (readonly [readonly Measure[], (subject: Subject) => Promise<Figures>])[] = [
  [['coldBoot'], coldBoot],
  [['clone', 'floor'], cloneAndFloor],
  [['roundTrip'], roundTrip],
  [['exec'], exec],
  [['shell'], shell],
  [['keystroke'], keystroke],
  [['test'], test],
  [['parallel'], parallel],
  [['stream'], stream],
  [['share'], share],
  [['download'], download],
  [['suite'], suite],
  [['sealed', 'cachedSuite'], sealed],
  [['prepare'], preparation],
]

/** What `only` takes. */
export const measureNames: readonly string[] = measures.flatMap(([names]) => names)

/** Measures what fledge does on this host, beside what the hardware allows and what one would do without it. */
export async function bench({ image, clones, only, signal }: BenchOptions): Promise<BenchReport> {
  const { accelerator, image: name } = await prepare(image, { signal })
  let figures: Figures = {}
  const skipped: string[] = []
  for (const [names, measure] of measures) {
    if (only.length > 0 && !names.some((each) => only.includes(each))) continue
    signal.throwIfAborted()
    const found = await step(`measuring ${names.join(' and ')}`, (update) =>
      measure({ image, clones, signal, update }),
    )
    figures = { ...figures, ...found }
    if (names.includes('prepare') && !found.prepare) {
      skipped.push(`prepare, as ${name} is built from packages; --image ./disk.qcow2 names a disk`)
    }
  }
  return {
    host: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cpus: cpus().length,
      memoryMiB: Math.round(totalmem() / 2 ** 20),
      kernel: release(),
    },
    accelerator,
    qemu: await qemuVersion(image, signal),
    image: name,
    ratios: ratiosOf(figures),
    skipped,
    ...figures,
  }
}
