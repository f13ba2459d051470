import { resolve } from 'node:path'

import type { DiskGiB, Firmware, LaunchOptions, Shares } from '../index.ts'
import { anything, oneOf, type OptionChecks } from '../util/check-options.ts'

/** When the console, the journal, failed units and a screenshot are kept of a machine. */
export type EvidencePolicy = 'on-failure' | 'always' | 'never'

/** What a test can choose of its machine, by `test.use` or in `use` of a project. */
export interface MachineOptions {
  /** The name of the image, as `fledge images ls` lists it. Default: `debian:13-minimal`. `--image` has the last word. */
  image: string
  /** Default: 1024. */
  memoryMiB: number | undefined
  /** Virtual CPUs. Default: 2. */
  cpus: number | undefined
  /** Size of the root disk, its partition and file system, or `+2` for so many GiB more than the default, which is the image's own. */
  diskGiB: DiskGiB | undefined
  /** Host folders by the path at which the guest sees them; relative ones are taken from the configuration's folder. */
  shares: Shares
  /**
   * `user` (default): the guest reaches what this host reaches, **the host's own 127.0.0.1 (as 10.0.2.2) included**;
   * `none`: it reaches nothing.
   */
  network: 'none' | 'user'
  /** `bios`, `uefi` or `secure-boot`. Default: what the image needs. */
  firmware: Firmware | undefined
  /** Boots each machine instead of cloning one that was booted. Default: false. */
  cold: boolean | undefined
  /** Default: `on-failure`. */
  evidence: EvidencePolicy
  /**
   * Names of variables whose values, given to commands by `env`, are hidden in steps, errors and attachments. Default: those with
   * "password", "secret", "token", "key" and the like in them. `/$^/` hides none.
   */
  secretVariables: RegExp | undefined
}

/** What {@link MachineOptions} have to be; what is the machine's own, `launch` checks. */
export const machineChecks: OptionChecks<MachineOptions> = {
  image: anything,
  memoryMiB: anything,
  cpus: anything,
  diskGiB: anything,
  shares: anything,
  network: oneOf('none', 'user'),
  firmware: anything,
  cold: anything,
  evidence: oneOf('on-failure', 'always', 'never'),
  secretVariables: (value) => (value instanceof RegExp ? undefined : 'a regular expression'),
}

/** What `fledge test` tells the fixtures, and no test file sets. */
export interface CommandOptions {
  /** From `--image`; wins over `test.use`. */
  imageFromCommand: string | undefined
  /** Where relative shares begin when the configuration is fledge's own. */
  folderOfCommand: string | undefined
}

/** The image of a test that names none. */
export const defaultImage = 'debian:13-minimal'

type TemplateChoice = Pick<MachineOptions, 'memoryMiB' | 'cpus' | 'diskGiB' | 'firmware' | 'cold'>

/** The options that templates differ by, without those that are not given. */
export function templateOptions({ memoryMiB, cpus, diskGiB, firmware, cold }: TemplateChoice): LaunchOptions {
  return {
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(diskGiB === undefined ? {} : { diskGiB }),
    ...(firmware === undefined ? {} : { firmware }),
    ...(cold === undefined ? {} : { cold }),
  }
}

/** Shares whose relative sources begin in a folder. What is not a share is left to the library's own check. */
export function anchorShares(shares: Shares, folder: string): Shares {
  if (typeof shares !== 'object' || shares === null || Array.isArray(shares)) return shares
  const anchored = Object.entries(shares).map(([target, share]) => {
    if (typeof share === 'string') return [target, resolve(folder, share)] as const
    if (typeof share?.source !== 'string') return [target, share] as const
    return [target, { ...share, source: resolve(folder, share.source) }] as const
  })
  return Object.fromEntries(anchored)
}
