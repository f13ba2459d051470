import { almalinux } from './almalinux.ts'
import { alpine } from './alpine.ts'
import { amazonlinux } from './amazonlinux.ts'
import { bsd } from './bsd.ts'
import { centosStream } from './centos-stream.ts'
import { debian } from './debian.ts'
import { fedora } from './fedora.ts'
import { opensuse } from './opensuse.ts'
import { oraclelinux } from './oraclelinux.ts'
import type { Release } from './release.ts'
import { rocky } from './rocky.ts'
import { rolling } from './rolling.ts'
import { ubuntu } from './ubuntu.ts'

/** All releases: by distribution, oldest first. */
export function allReleases(): readonly Release[] {
  const families = [
    debian,
    ubuntu,
    fedora,
    rocky,
    almalinux,
    centosStream,
    oraclelinux,
    opensuse,
    alpine,
    rolling,
    amazonlinux,
    bsd,
  ]
  return families.flatMap((family) => family())
}
