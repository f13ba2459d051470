import { resolve } from 'node:path'

import type { Boot, Disk, DiskGiB, Firmware, LaunchOptions, Shares } from '../index.ts'
import { anything, listOfTexts, oneOf, type OptionChecks } from '../util/check-options.ts'
import { defined } from '../util/defined.ts'
import type { CoredumpPolicy } from './find-coredumps.ts'

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
  /** Disks besides the root disk, by their names; paths of the host are taken from the configuration's folder. Default: none. */
  disks: Readonly<Record<string, string | Disk>> | undefined
  /** The path of an ISO image in a CD drive, taken from the configuration's folder. Default: no drive. */
  cdrom: string | undefined
  /** A kernel, initrd or arguments of one's own; paths are taken from the configuration's folder. Default: what the image starts. */
  boot: Boot | undefined
  /** A TPM 2.0, for machines that are `cold`. Default: false. */
  tpm: boolean | undefined
  /** How commands get into the guest, as `channel` of `launch` has it; Playwright has an option of that name for its browsers. */
  guestChannel: 'agent' | 'ssh' | undefined
  /** Default: `on-failure`. */
  evidence: EvidencePolicy
  /**
   * Names of variables whose values, given to commands by `env`, are hidden in steps, errors and attachments. Default: those with
   * "password", "secret", "token", "key" and the like in them. `/$^/` hides none.
   */
  secretVariables: RegExp | undefined
  /** Whether a test fails in whose machine something crashed: `fail` (default) or `allow`. */
  coredumps: CoredumpPolicy
  /**
   * Files that a run with `--sandbox` may read besides those that are imported, as patterns: `['fixtures/**']`. They begin in the
   * configuration's folder; a folder stands for all in it, and `!` takes away. Default: none.
   */
  inputs: readonly string[] | undefined
  /** Names of variables of the environment that a run with `--sandbox` is given. Default: none. */
  environment: readonly string[] | undefined
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
  disks: anything,
  cdrom: anything,
  boot: anything,
  tpm: anything,
  guestChannel: (value) => (value === undefined ? undefined : oneOf('agent', 'ssh')(value)),
  evidence: oneOf('on-failure', 'always', 'never'),
  secretVariables: (value) => (value instanceof RegExp ? undefined : 'a regular expression'),
  coredumps: oneOf('fail', 'allow'),
  inputs: (value) => (value === undefined ? undefined : listOfTexts(value)),
  environment: (value) => (value === undefined ? undefined : listOfTexts(value)),
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

/** The options that are the machine's own, but for its image and its shares. */
export type HardwareChoice = Pick<
  MachineOptions,
  | 'memoryMiB'
  | 'cpus'
  | 'diskGiB'
  | 'network'
  | 'firmware'
  | 'cold'
  | 'disks'
  | 'cdrom'
  | 'boot'
  | 'tpm'
  | 'guestChannel'
>

/** What is given of a machine, whose relative paths begin in a folder. What is wrong is left to the library's own check. */
export function anchorHardware(choice: HardwareChoice, folder: string): LaunchOptions {
  const { disks, cdrom, boot, guestChannel, ...rest } = choice
  const at = <T>(path: T): T | string => (typeof path === 'string' ? resolve(folder, path) : path)
  return defined({
    ...rest,
    channel: guestChannel,
    disks: isRecord(disks)
      ? Object.fromEntries(
          Object.entries(disks).map(([name, disk]) => [
            name,
            isRecord(disk) ? defined({ ...disk, path: at(disk.path) }) : at(disk),
          ]),
        )
      : disks,
    cdrom: at(cdrom),
    boot: isRecord(boot) ? defined({ ...boot, kernel: at(boot.kernel), initrd: at(boot.initrd) }) : boot,
  })
}

/** Narrowed by what a value should be; test files may be JavaScript. */
function isRecord<T>(value: T): value is T & object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Shares whose relative sources begin in a folder. What is not a share is left to the library's own check. */
export function anchorShares(shares: Shares, folder: string): Shares {
  if (!isRecord(shares)) return shares
  const anchored = Object.entries(shares).map(([target, share]) => {
    if (typeof share === 'string') return [target, resolve(folder, share)] as const
    if (typeof share?.source !== 'string') return [target, share] as const
    return [target, { ...share, source: resolve(folder, share.source) }] as const
  })
  return Object.fromEntries(anchored)
}
