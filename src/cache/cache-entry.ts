/**
 * What the cache holds: images as they were downloaded, or as they were built, prepared copies of them with the agent, frozen
 * machines, and the remembered verdicts of sealed runs.
 */
export type CacheKind = StageKind | 'verdict'

/** What is made one from the other. */
export type StageKind = 'download' | 'image' | 'prepared' | 'template'

/** One downloaded or built image, prepared image or template in the cache; or all verdicts. */
export interface CacheEntry {
  readonly kind: CacheKind
  /** The name of its folder, which no other of its kind has. */
  readonly name: string
  readonly folder: string
  /** The full name of the image that it is, or was made from; unknown when its manifest cannot be read. */
  readonly image?: string
  /** What it takes on the disk. */
  readonly bytes: number
  readonly made: Date
  /** Exact to a day at best: file systems note no more. */
  readonly lastUsed: Date
  /** The folders of the entries that it was made from, and, if it is a template, rests on. */
  readonly madeFrom: readonly string[]
  /** The processes of the machines that run on it. */
  readonly machines: readonly number[]
  /** What tells a template from others of its image. */
  readonly machine?: {
    readonly accelerator: 'kvm' | 'tcg'
    readonly cpus: number
    readonly memoryMiB: number
    readonly diskGiB: number
  }
  /** How many verdicts they are. */
  readonly count?: number
  /** Why this fledge on this host has no use for it any more. */
  readonly outdated?: string
}

/** The folder of the cache with the entries of a kind. */
export const stageFolders: Readonly<Record<StageKind, string>> = {
  download: 'downloads',
  image: 'images',
  prepared: 'prepared',
  template: 'templates',
}

/** All kinds, each after those that it is made from. */
export const cacheKinds: readonly StageKind[] = ['download', 'image', 'prepared', 'template']
