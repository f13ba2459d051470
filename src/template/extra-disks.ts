import type { DiskLayer, ExtraDisk } from '../qemu/disk-arguments.ts'

/** A disk besides the root disk, with what is on it at first. */
export interface GivenDisk extends ExtraDisk {
  readonly layers: readonly DiskLayer[]
}

/** Where a template keeps what its boot wrote to such a disk. */
export function extraDiskFile({ name }: ExtraDisk): string {
  return `disk-${name}.qcow2`
}
