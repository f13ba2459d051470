import { availableParallelism, freemem } from 'node:os'

/** What a machine of the default size may come to use, with its QEMU and its worker. */
const machineMiB = 1024 + 256

/** What the host has. */
export interface HostRoom {
  readonly cpus: number
  /** Memory that can be had without swapping. */
  readonly freeMiB: number
}

/** How many machines of the default size, with two CPUs and 1 GiB, the host runs at once: one at the least. */
export function fittingWorkers({ cpus, freeMiB }: HostRoom = hostRoom()): number {
  return Math.max(1, Math.min(Math.floor(cpus / 2), Math.floor(freeMiB / machineMiB)))
}

function hostRoom(): HostRoom {
  return { cpus: availableParallelism(), freeMiB: freemem() / 2 ** 20 }
}
