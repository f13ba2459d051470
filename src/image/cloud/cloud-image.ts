import type { CpuLevel } from '../image.ts'

/** A disk with cloud-init in it, as a distribution publishes them. It is never written to. */
export interface CloudImage {
  /** As `debian:13`, or the path of a file of the user's own. */
  readonly name: string
  /** A hex digest of what is in it. */
  readonly key: string
  readonly disk: { readonly path: string; readonly format: 'raw' | 'qcow2' }
  readonly cpu: CpuLevel
  /** Units that get in the way of tests. */
  readonly noisyUnits: readonly string[]
}
