import { type Command, Option } from 'commander'

import type { DiskGiB, LaunchOptions } from '../index.ts'
import { machineLimits } from '../machine/machine-limits.ts'
import { defined } from '../util/defined.ts'
import { parseCount } from './parse-count.ts'
import { parseDisk } from './parse-disk.ts'
import { parseOutputFile } from './parse-output-file.ts'
import { parsePackages } from './parse-packages.ts'
import { type GivenShares, parseShare } from './parse-share.ts'
import { parseSize } from './parse-size.ts'

/** What the command line says of a machine, as commander gives it. */
export interface MachineArguments {
  readonly share?: GivenShares
  readonly include?: readonly string[]
  readonly memory?: number
  readonly cpus?: number
  readonly disk?: DiskGiB
  readonly network?: 'none' | 'user'
  readonly accelerator?: 'auto' | 'kvm' | 'tcg'
  readonly firmware?: 'bios' | 'uefi' | 'secure-boot'
  readonly cold?: boolean
  readonly channel?: 'agent' | 'ssh'
  readonly keepState?: string
}

/** Gives a command the options that say what a machine is like. */
export function addMachineOptions(command: Command): Command {
  return command
    .option(
      '--share <DIR:PATH[:ACCESS]>',
      'show a folder of this host at a path of the guest, up to four times; ACCESS is ro (default), rw, or overlay, ' +
        'where the guest may write and this host sees none of it',
      parseShare,
    )
    .addOption(includeOption())
    .option('--memory <MiB>', 'memory, as 512M or 2G (default: 1024)', (text) =>
      parseSize(text, 'MiB', machineLimits.memoryMiB),
    )
    .option('--cpus <N>', 'virtual CPUs (default: 2)', (text) => parseCount(text, machineLimits.cpus))
    .option('--disk <GiB>', "size of the disk, or +2 for so much more (default: the image's own)", (text) =>
      parseDisk(text, machineLimits.diskGiB),
    )
    .addOption(
      new Option('--network <KIND>', 'what the guest reaches: what this host does, or nothing')
        .choices(['user', 'none'])
        .default(undefined, 'user'),
    )
    .addOption(
      new Option(
        '--accelerator <KIND>',
        'what runs the machine (default: FLEDGE_ACCELERATOR, else auto)',
      ).choices(['auto', 'kvm', 'tcg']),
    )
    .addOption(
      new Option('--firmware <KIND>', 'what it starts with (default: what the image needs)').choices([
        'bios',
        'uefi',
        'secure-boot',
      ]),
    )
    .option('--cold', 'boot it, which takes as long as that does, instead of cloning a booted one')
    .addOption(
      new Option(
        '--channel <KIND>',
        "how commands get into it: by fledge's agent, or over SSH (default: what the image needs)",
      ).choices(['agent', 'ssh']),
    )
    .option(
      '--keep-state <FILE>',
      'with --cold: keep its disk in a file, and boot from that the next time',
      parseOutputFile,
    )
}

/** `--include nginx,postgresql`, as often as wanted. */
export function includeOption(): Option {
  return new Option(
    '--include <PACKAGES>',
    'packages to build into the image, separated by commas',
  ).argParser(parsePackages)
}

/** The library's options for those of the command line. */
export function toLaunchOptions(given: MachineArguments): LaunchOptions {
  const { share, include, memory, cpus, disk, network, accelerator, firmware, cold, channel, keepState } =
    given
  return defined({
    shares: share,
    include: include && { packages: include },
    memoryMiB: memory,
    cpus,
    diskGiB: disk,
    network,
    accelerator,
    firmware,
    cold,
    channel,
    keepState,
  })
}
