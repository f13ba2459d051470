import { cpus, release, totalmem } from 'node:os'

import { prepare } from 'fledge'

import { clone, coldBoot, type Times } from './measures.ts'

/** What a bench found, side by side in one run on one host. */
export interface BenchReport {
  readonly host: {
    readonly cpu: string
    readonly cpus: number
    readonly memoryMiB: number
    readonly kernel: string
  }
  readonly accelerator: string
  readonly image: string
  readonly coldBoot: { readonly agentMs: number; readonly idleMs: number }
  readonly clone: { readonly answer: Times; readonly exitStatus: Times }
  readonly ratios: {
    /** How many times sooner a clone answers than a boot is idle. */
    readonly coldBootToAnswer: number
    /** How many times sooner a clone has run `true` than a boot is idle. */
    readonly coldBootToClone: number
  }
}

/** Measures what fledge is for on this host: a boot, beside clones of the same image. */
export async function bench(image: string, clones: number, signal: AbortSignal): Promise<BenchReport> {
  const { accelerator, image: name } = await prepare(image, { signal })
  const boot = await coldBoot(image, signal)
  const cloned = await clone(image, clones, signal)
  return {
    host: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cpus: cpus().length,
      memoryMiB: Math.round(totalmem() / 2 ** 20),
      kernel: release(),
    },
    accelerator,
    image: name,
    coldBoot: { agentMs: boot.agent, idleMs: boot.idle },
    clone: cloned,
    ratios: {
      coldBootToAnswer: boot.idle / cloned.answer.medianMs,
      coldBootToClone: boot.idle / cloned.exitStatus.medianMs,
    },
  }
}

/** The report as a person reads it: ratios first, then times. */
export function describe(report: BenchReport): string {
  const { host, accelerator, image, ratios, coldBoot, clone } = report
  const times = ({ medianMs, p95Ms, count }: Times): string =>
    `${ms(medianMs)}, 95 % within ${ms(p95Ms)} (${count} clones)`
  return [
    `${image} under ${accelerator} on ${host.cpus} × ${host.cpu}, Linux ${host.kernel}`,
    '',
    `a clone answers              ${ratios.coldBootToAnswer.toFixed(1)} times sooner than a boot is idle`,
    `a clone has run "true"       ${ratios.coldBootToClone.toFixed(1)} times sooner than a boot is idle`,
    '',
    `boot until the agent answers ${ms(coldBoot.agentMs)}`,
    `boot until it is idle        ${ms(coldBoot.idleMs)}`,
    `clone until it answers       ${times(clone.answer)}`,
    `clone until "true" has ended ${times(clone.exitStatus)}`,
  ].join('\n')
}

function ms(value: number): string {
  return `${Math.round(value).toLocaleString('en')} ms`
}
