import type { CpuLevel } from '../image.ts'

/** The processors that distributions publish images for, as the kernel calls them. */
export type Architecture = 'x86_64' | 'aarch64'

/** An official image's file: one build for one architecture. What is pinned never changes; a newer build is another one. */
export interface CatalogBuild {
  /** Where it is, by a name that no other build will have. */
  readonly url: string
  /** The same file elsewhere, tried in this order after `url`. */
  readonly mirrors: readonly string[]
  /** The distribution's own name of the build, as `20260926` or `43-1.6`. */
  readonly build: string
  readonly format: 'qcow2' | 'raw'
  /** What has to be unpacked to have `format`; digests and `bytes` are of the packed file. */
  readonly compression?: 'gz' | 'xz' | 'zst'
  /** Hex digests of the file as it is downloaded. */
  readonly sha256?: string
  readonly sha512?: string
  /**
   * Why there is no digest, which every build without one says: the distribution publishes none; what is at the address
   * changes; or there is one, which is not in this catalog yet.
   */
  readonly noDigest?: 'unpublished' | 'rolling' | 'unrecorded'
  /** The file's size. */
  readonly bytes?: number
}

/** What of a distribution matters to a machine and its tests. What is not known is left out. */
export interface Traits {
  readonly init: 'systemd' | 'openrc' | 'bsd'
  readonly rootFileSystem?: 'ext4' | 'xfs' | 'btrfs' | 'ufs' | 'zfs' | 'ffs'
  readonly network?: 'ifupdown' | 'netplan' | 'networkd' | 'NetworkManager' | 'wicked' | 'bsd'
  /** Whether the kernel can mount 9p shares. It is there to be read: machines go by what the guest itself says. */
  readonly ninep?: boolean
  readonly selinux?: 'enforcing' | 'permissive'
  /** The least processor that it runs on. */
  readonly cpu: CpuLevel
  /** Units that get in the way of tests, and are masked. */
  readonly noisyUnits: readonly string[]
  /** How commands get in: by our agent, or by `ssh` where that cannot run. */
  readonly channel: 'agent' | 'ssh'
}

/** One release of a distribution. */
export interface CatalogEntry {
  /** As `debian:13`. */
  readonly name: string
  /** As people say it: `Debian 13`. */
  readonly title: string
  readonly codename?: string
  /** Other names for it: `debian:trixie`, `debian:stable`, `debian`. */
  readonly aliases: readonly string[]
  readonly status: 'supported' | 'preview' | 'rolling' | 'eol' | 'unofficial'
  /** The day on which its support ends, as `2028-06-30`. */
  readonly endOfLife?: string
  readonly defaultUser: string
  readonly firmware: readonly ('bios' | 'uefi')[]
  readonly traits: Traits
  readonly builds: Readonly<Partial<Record<Architecture, CatalogBuild>>>
  /** Where newer builds are looked for, and what vouches for them. */
  readonly updates: UpdateSource
}

/** How a distribution tells of its builds; `kind` chooses the reader of its index. */
export interface UpdateSource {
  readonly kind:
    | 'ubuntu'
    | 'debian'
    | 'fedora'
    | 'rocky'
    | 'almalinux'
    | 'centos-stream'
    | 'oraclelinux'
    | 'opensuse'
    | 'alpine'
    | 'arch'
    | 'amazonlinux'
    | 'gentoo'
    | 'freebsd'
    | 'openbsd'
    | 'none'
  /** The index, and what else is asked, in order. */
  readonly index: readonly string[]
  /** Where the OpenPGP key is published that signs builds or their checksums; absent where nothing is signed. */
  readonly signingKey?: string
  /** The fingerprint of the primary key, in upper-case hex, where it is known. */
  readonly fingerprint?: string
}
