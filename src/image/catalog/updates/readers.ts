import type { Architecture, UpdateSource } from '../catalog-entry.ts'
import { readAlmalinux } from './almalinux.ts'
import { readAlpine } from './alpine.ts'
import { readAmazonlinux } from './amazonlinux.ts'
import { readArch } from './arch.ts'
import type { IndexReader } from './candidate.ts'
import { readCentosStream } from './centos-stream.ts'
import { readDebian } from './debian.ts'
import { readFedora } from './fedora.ts'
import { readFreebsd } from './freebsd.ts'
import { readGentoo } from './gentoo.ts'
import { readOpenbsd } from './openbsd.ts'
import { readOpensuse } from './opensuse.ts'
import { readOraclelinux } from './oraclelinux.ts'
import { readRocky } from './rocky.ts'
import { readUbuntu } from './ubuntu.ts'

type Kind = Exclude<UpdateSource['kind'], 'none'>

/** Who reads which index. */
export const readers: Readonly<Record<Kind, IndexReader>> = {
  ubuntu: readUbuntu,
  debian: readDebian,
  fedora: readFedora,
  rocky: readRocky,
  almalinux: readAlmalinux,
  'centos-stream': readCentosStream,
  oraclelinux: readOraclelinux,
  opensuse: readOpensuse,
  alpine: readAlpine,
  arch: readArch,
  amazonlinux: readAmazonlinux,
  gentoo: readGentoo,
  freebsd: readFreebsd,
  openbsd: readOpenbsd,
}

const onlyX86: ReadonlySet<string> = new Set<Kind>(['arch', 'openbsd'])

/** Whether the index has images for an architecture at all. */
export function isPublishedFor(kind: UpdateSource['kind'], architecture: Architecture): boolean {
  return architecture === 'x86_64' || !onlyX86.has(kind)
}
