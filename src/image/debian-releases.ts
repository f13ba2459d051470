/** A release of Debian that can be built. */
export interface DebianRelease {
  /** As in an image's name. */
  readonly version: string
  /** As the mirror calls it. */
  readonly suite: string
  /** Other names that mean the same. */
  readonly aliases: readonly string[]
  /** Whether the mirror has `<suite>-updates`, and the security mirror `<suite>-security`. */
  readonly updates: boolean
  /** The day on which its long-term support ends. */
  readonly endOfLife?: string
  /** What the others have in packages that are required anyway. */
  readonly packages?: readonly string[]
}

// From there on it has "switch_root", which the initrd needs.
const packages = ['util-linux-extra']

/** Oldest first. */
export const debianReleases: readonly DebianRelease[] = [
  { version: '11', suite: 'bullseye', aliases: ['bullseye'], updates: true, endOfLife: '2026-08-31' },
  {
    version: '12',
    suite: 'bookworm',
    aliases: ['bookworm', 'oldstable'],
    updates: true,
    endOfLife: '2028-06-30',
  },
  {
    version: '13',
    suite: 'trixie',
    aliases: ['trixie', 'stable'],
    updates: true,
    endOfLife: '2030-06-30',
  },
  { version: 'testing', suite: 'testing', aliases: ['forky'], updates: false, packages },
  { version: 'unstable', suite: 'unstable', aliases: ['sid'], updates: false, packages },
]

/** The release of a suite that {@link debianReleases} names. */
export function releaseOfSuite(suite: string): DebianRelease | undefined {
  return debianReleases.find((release) => release.suite === suite)
}

/** The day on which the support of a version ends, where there is one. */
export function endOfLifeOf(version: string): string | undefined {
  return debianReleases.find((release) => release.version === version)?.endOfLife
}
