import { MisuseError } from '../errors.ts'
import type { AcceleratorPolicy } from '../qemu/accelerator.ts'
import type { Firmware } from '../qemu/firmware.ts'
import {
  anything,
  checkOptions,
  listOfTexts,
  oneOf,
  text,
  trueOrFalse,
  type OptionChecks,
  wholeNumber,
} from '../util/check-options.ts'
import { factorFromEnvironment } from '../util/time-factor.ts'
import { callChecks, type CallOptions } from '../util/with-deadline.ts'
import { checkHardware, type HardwareOptions } from './hardware.ts'
import { withInterruption } from './interruptible.ts'
import { machineLimits } from './machine-limits.ts'
import type { Shares } from './shares.ts'
import type { MachineHooks } from './verb.ts'

/** A size of a disk, or how much larger than by itself it is to be, in whole GiB. */
export type DiskGiB = number | `+${number}`

/** What a machine is launched with. */
export interface LaunchOptions extends CallOptions, HardwareOptions {
  /** The machine's name and hostname: letters, digits and hyphens. Default: the image's name and a random end. */
  readonly name?: string
  /** Default: 1024. */
  readonly memoryMiB?: number
  /** Virtual CPUs. Default: 2. */
  readonly cpus?: number
  /**
   * Size of the root disk, and of the partition and the file system on it: whole GiB, or `+2` for so many more than the default.
   * Default: 8, or the image's own size where that is more.
   */
  readonly diskGiB?: DiskGiB
  /** Host folders by the path at which the guest sees them, four at the most. Default: none. */
  readonly shares?: Shares
  /**
   * `user` (default): the guest reaches what this host reaches, the host's own 127.0.0.1 (as 10.0.2.2) included; `none`: it
   * reaches nothing.
   */
  readonly network?: 'none' | 'user'
  /** Default: `FLEDGE_ACCELERATOR`, else `auto`: KVM where it is found to work, else emulation. */
  readonly accelerator?: AcceleratorPolicy
  /** Extra packages for an image from packages. Default: none. */
  readonly include?: { readonly packages: readonly string[] }
  /**
   * `bios`; `uefi`; or `secure-boot`: UEFI that starts only what distributions have had signed. Default: `bios`, or `uefi` for
   * images that need it.
   */
  readonly firmware?: Firmware
  /**
   * Boots the machine instead of cloning one that was booted, for tests of the boot itself. It can be asked things as soon as its file
   * systems are mounted, its name is its own and its shares are there; services may still be starting. Default: false.
   */
  readonly cold?: boolean
  /**
   * How the guest is asked. `agent`: by fledge's own; `ssh`: by the guest's SSH server, for disks with cloud-init whose system cannot run the
   * agent; `none`: nothing can be asked of it, and nothing is waited for at its launch, which needs `cold`. Default: what the image needs.
   */
  readonly channel?: 'agent' | 'ssh' | 'none'
  /**
   * The path of a file that keeps the root disk of a `cold` machine between its runs: it is made at the first, a qcow2 disk of the image's,
   * and booted from at those that follow. Default: the disk goes with its machine.
   */
  readonly keepState?: string
  /**
   * Whether the machine outlives this process: it is launched by a process of its own then, goes on until `stop` or `fledge stop NAME`, and is
   * found by `attach`. Default: false.
   */
  readonly keep?: boolean
  /**
   * Where its screen is shown: in a `window` of QEMU's own, on the desktop that this process has, or at a VNC server on a Unix socket of that path, as
   * `{ vnc: '/run/user/1000/screen' }`, in a folder that others cannot enter: there is no password. Default: nowhere.
   */
  readonly display?: 'window' | { readonly vnc: string }
  /** How a test runner takes part; see `fledge/test`. */
  readonly hooks?: MachineHooks
}

/** Options with the defaults in place. */
export type NormalLaunchOptions = LaunchOptions &
  Required<
    Pick<LaunchOptions, 'memoryMiB' | 'cpus' | 'shares' | 'network' | 'accelerator' | 'cold' | 'hooks'>
  > & {
    readonly packages: readonly string[]
  }

const accelerators = ['auto', 'kvm', 'tcg'] as const

const checks: OptionChecks<LaunchOptions> = {
  name: (value) =>
    typeof value === 'string' && /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(value)
      ? undefined
      : '1 to 63 letters, digits and inner hyphens',
  memoryMiB: wholeNumber(...machineLimits.memoryMiB),
  cpus: wholeNumber(...machineLimits.cpus),
  diskGiB: sizeOrGrowth,
  shares: (value) =>
    isObject(value) && !Array.isArray(value) ? undefined : 'an object from target to source',
  network: oneOf('none', 'user'),
  accelerator: oneOf(...accelerators),
  include: anything,
  firmware: oneOf('bios', 'uefi', 'secure-boot'),
  cold: trueOrFalse,
  channel: oneOf('agent', 'ssh', 'none'),
  disks: anything,
  cdrom: anything,
  boot: anything,
  tpm: trueOrFalse,
  keepState: text,
  keep: trueOrFalse,
  display: (value) =>
    value === 'window' ||
    (isObject(value) && Object.keys(value).join() === 'vnc' && text(value['vnc']) === undefined)
      ? undefined
      : '"window" or { vnc: the path of a socket }',
  hooks: (value) =>
    isObject(value) &&
    [value['around'], value['environment'], value['remainingMs'], value['pause']].every(isFunctionOrNothing)
      ? undefined
      : 'an object of functions',
  ...callChecks,
}

/**
 * Checks options and puts the defaults in place.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION`
 */
export function normalizeLaunchOptions(options: LaunchOptions): NormalLaunchOptions {
  checkOptions('launch', options, checks)
  // Said here, where nothing has started yet.
  factorFromEnvironment()
  if (options.include !== undefined) checkOptions('include', options.include, { packages: listOfTexts })
  checkHardware(options)
  checkChannel(options)
  checkTpm(options)
  checkKeepState(options)
  const signal = withInterruption(options.signal)
  return {
    ...options,
    ...(signal && { signal }),
    memoryMiB: options.memoryMiB ?? 1024,
    cpus: options.cpus ?? 2,
    shares: options.shares ?? {},
    network: options.network ?? 'user',
    accelerator: options.accelerator ?? acceleratorFromEnvironment(),
    cold: options.cold ?? false,
    hooks: options.hooks ?? {},
    packages: options.include?.packages ?? [],
  }
}

function sizeOrGrowth(value: unknown): string | undefined {
  const isGrowth = typeof value === 'string' && /^\+[1-9]\d*$/.test(value)
  const wrong = wholeNumber(...machineLimits.diskGiB)(isGrowth ? Number(value) : value)
  return wrong && `${wrong}, or a text of "+" and one`
}

/** Without a channel nobody knows when the guest is ready to be frozen, nor can it be told to mount anything. */
function checkChannel({ channel, cold, shares }: LaunchOptions): void {
  if (channel !== 'none') return
  if (cold !== true) {
    throw new MisuseError('ERR_FLEDGE_OPTION', 'Cannot use the channel "none" for a clone', {
      hint: 'Boot the machine instead, by "cold: true"',
    })
  }
  if (Object.keys(shares ?? {}).length > 0) {
    throw new MisuseError(
      'ERR_FLEDGE_OPTION',
      'Cannot share folders with the channel "none": nothing mounts them',
    )
  }
}

/** What a TPM keeps is in its own process, which no freeze of the machine holds. */
function checkTpm({ tpm, cold }: LaunchOptions): void {
  if (tpm !== true || cold === true) return
  throw new MisuseError('ERR_FLEDGE_OPTION', 'Cannot use a TPM (the option "tpm") in a clone', {
    hint: 'Boot the machine instead, by "cold: true"',
  })
}

/** Clones share one disk, above which each has what it writes. */
function checkKeepState({ keepState, cold }: LaunchOptions): void {
  if (keepState === undefined || cold === true) return
  throw new MisuseError('ERR_FLEDGE_OPTION', 'Cannot keep the state of a clone (the option "keepState")', {
    hint: 'Boot the machine instead, by "cold: true"',
  })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isFunctionOrNothing(value: unknown): boolean {
  return value === undefined || typeof value === 'function'
}

function acceleratorFromEnvironment(): AcceleratorPolicy {
  const wanted = process.env['FLEDGE_ACCELERATOR'] || 'auto'
  const known = accelerators.find((each) => each === wanted)
  if (known) return known
  throw new MisuseError(
    'ERR_FLEDGE_OPTION',
    `Cannot use FLEDGE_ACCELERATOR "${wanted}": it must be auto, kvm or tcg`,
  )
}
