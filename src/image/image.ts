/** An image as it was asked for: what to build, not yet a file. */
export interface ImageSpec {
  /** In full and in one spelling, as in `debian:13-minimal` or `debian:13-minimal+nginx,postgresql`. */
  readonly name: string
  readonly distribution: 'debian'
  /** As in the name: `13`, `testing`. */
  readonly version: string
  /** As the mirror calls it: `trixie`. */
  readonly suite: string
  /** Extra packages, sorted. */
  readonly include: readonly string[]
  /** The package mirror that was named; else the host's own is used. */
  readonly mirror?: string
}

/** The least processor that the image runs on, as QEMU's machines are chosen by. */
export type CpuLevel = 'x86-64-v1' | 'x86-64-v2' | 'x86-64-v3'

/** A disk that boots, in the cache. */
export interface Image {
  readonly name: string
  /** A hex digest of what is in it: recipe, suite and the versions of all packages. */
  readonly key: string
  readonly folder: string
  /** A raw, sparse disk with one ext4 file system and no partitions. */
  readonly disk: string
  readonly kernel: string
  readonly initrd: string
  /** What the kernel has to be told for the image to boot. */
  readonly kernelArguments: string
  readonly cpu: CpuLevel
  /** Every package in it, as `name=version`, sorted. */
  readonly packages: readonly string[]
}

/** How root is let in by the SSH server of a machine that has no agent. */
export interface SshLogin {
  /** The file of a private key that only the user of this host may read. */
  readonly keyFile: string
  /** The SHA-256 digest of the server's public key, in hex. */
  readonly hostKey: string
}

/** A disk that boots, with the agent in it or an SSH server that lets us in: what templates are made of. */
export interface PreparedImage extends Pick<Image, 'name' | 'key' | 'folder' | 'cpu'> {
  /** What the disk rests on, from the lowest layer up; machines only read it. */
  readonly disk: readonly { readonly path: string; readonly format: 'raw' | 'qcow2' }[]
  /** The size of the disk. */
  readonly diskBytes: number
  /** What QEMU starts itself; without it, the disk's own boot loader is started. */
  readonly direct?: { readonly kernel: string; readonly initrd: string; readonly arguments: string }
  /** How to get into a machine that has no agent. */
  readonly ssh?: SshLogin
  /** A hex digest of the agent and its unit; empty where there is none. */
  readonly agentDigest: string
}
