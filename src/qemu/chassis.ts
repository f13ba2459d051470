import type { Accelerator } from './accelerator.ts'
import type { QemuCapabilities } from './capabilities.ts'
import {
  cdromArguments,
  extraDiskArguments,
  rootDiskArguments,
  mostExtraDisks,
  type DiskLayer,
  type ExtraDisk,
} from './disk-arguments.ts'
import type { UefiProgram } from './firmware.ts'
import { frozenMac, labMacs } from './mac-addresses.ts'

/** How many shares a machine can have: the number of 9p exports in the chassis. */
export const shareSlots = 4

/** What keeps a QEMU that a guest has broken into from more than it needs. */
export const sandbox: readonly string[] = [
  '-sandbox',
  'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
]

/** The same for one with a window: what draws that starts programs of the desktop, and is ended where it may not. */
const sandboxWithWindow: readonly string[] = [
  '-sandbox',
  'on,obsolete=deny,elevateprivileges=deny,resourcecontrol=deny',
]

/** Where in the chassis a descriptor of the QEMU process leads; 0 to 2 are its standard streams. */
const descriptors = {
  qmp: 3,
  serial: 4,
  agent: 5,
  overlay: 6,
  incoming: 7,
  memory: 8,
  variables: 9,
  extra: 10,
  tpm: 10 + mostExtraDisks,
} as const

/** The memory file that a QEMU process inherits, as it can open it. */
export const inheritedMemory: string = `/proc/self/fd/${descriptors.memory}`

/**
 * What a frozen machine was made of. Two machines with the same one can take each other's frozen
 * state; all of it is part of a template's key.
 */
export interface Chassis {
  readonly machine: string
  readonly accelerator: Accelerator
  readonly cpu: string
  readonly cpus: number
  readonly memoryMiB: number
  /** Without it, the machine has a BIOS. */
  readonly firmware?: UefiProgram
  /** Besides the root disk. */
  readonly disks?: readonly ExtraDisk[]
  /** A hex digest of the CD in the drive; without it, there is no drive. */
  readonly cdrom?: string
  readonly tpm?: true
  /** What QEMU starts itself; without it, the firmware starts the disk's boot loader. */
  readonly direct?: DirectBoot
}

/** A kernel that QEMU starts without a boot loader. */
export interface DirectBoot {
  readonly kernel: string
  readonly initrd?: string
  readonly arguments: string
}

/** The same boot with its files elsewhere. */
export function inFolder(direct: DirectBoot, place: (path: string) => string): DirectBoot {
  const { kernel, initrd } = direct
  return { ...direct, kernel: place(kernel), ...(initrd === undefined ? {} : { initrd: place(initrd) }) }
}

/** What the host offers behind the devices: this may differ from clone to clone. */
export interface Backends {
  /** The file that the machine's memory is a private mapping of. */
  readonly memoryFile: string
  /** What lies below the machine's own overlay, from the lowest up. */
  readonly disk: readonly DiskLayer[]
  /** The same for each disk besides the root disk, in their order. */
  readonly extraDisks?: readonly (readonly DiskLayer[])[]
  /** The file of the CD in the drive. */
  readonly cdrom?: string
  /** A folder of ours that is empty; behind every share that is not used. */
  readonly emptyFolder: string
  readonly shares: readonly ShareExport[]
  /** `none` leaves the NIC and its address, and lets nothing through. */
  readonly network: 'none' | 'user'
  /** Take frozen state from the inherited descriptor instead of booting. */
  readonly incoming: boolean
  /** Where the screen is shown besides; nowhere by default. */
  readonly display?: Display
  /** A folder shown as a read-only FAT volume, with its label; never on a machine that is frozen. */
  readonly seed?: { readonly folder: string; readonly label: string }
}

/** A window of QEMU's own, by what it is drawn with, or the path of a VNC socket. */
export type Display = { readonly window: 'gtk' | 'sdl' } | { readonly vnc: string }

/** A host folder behind one of the chassis's 9p devices. */
export interface ShareExport {
  readonly source: string
  readonly writable: boolean
}

/** QEMU's command line for a chassis with its backends. The devices and their order are the same for all machines. */
export function chassisArguments(qemu: QemuCapabilities, chassis: Chassis, backends: Backends): string[] {
  const { memoryMiB, accelerator, direct, firmware, tpm } = chassis
  const memory = {
    'qom-type': 'memory-backend-file',
    id: 'ram',
    size: memoryMiB * 2 ** 20,
    'mem-path': backends.memoryFile,
    share: false,
    ...(qemu.readonlyMemory ? { readonly: true, rom: 'off' } : {}),
  }
  return [
    ...['-nodefaults', '-no-user-config', '-S', ...displayArguments(backends.display)],
    ...(backends.display && 'window' in backends.display ? sandboxWithWindow : sandbox),
    ...['-machine', `${chassis.machine},memory-backend=ram,vmport=off,usb=off,suppress-vmdesc=on`],
    ...(firmware ? firmwareArguments(firmware) : []),
    ...['-accel', accelerator === 'tcg' ? 'tcg,thread=multi' : 'kvm', '-cpu', chassis.cpu],
    ...['-smp', String(chassis.cpus), '-m', `${memoryMiB}M`, '-object', JSON.stringify(memory)],
    ...(direct ? directArguments(direct) : []),
    ...['-rtc', 'base=utc', '-action', 'panic=pause,reboot=reset,shutdown=poweroff'],
    ...['-global', 'migration.send-configuration=off'],
    ...controlArguments(),
    ...diskArguments(chassis, backends),
    ...(tpm ? tpmArguments() : []),
    ...networkArguments(backends.network),
    ...shareArguments(backends),
    ...(backends.seed ? seedArguments(backends.seed) : []),
    ...(backends.incoming ? ['-incoming', `fd:${descriptors.incoming}`] : []),
  ]
}

/** The screen is a device of all machines; this is only who looks at it. Closing the window leaves the machine as it is. */
function displayArguments(display: Display | undefined): string[] {
  if (!display) return ['-display', 'none']
  if ('window' in display) return ['-display', `${display.window},window-close=off`]
  return ['-display', 'none', '-vnc', `unix:${display.vnc.replaceAll(',', ',,')}`]
}

/**
 * The firmware is two flash chips: its program, and its variables in an inherited descriptor. With Secure Boot, only the program can
 * write to the variables, in the processor's management mode, and sleep to memory would be a way around it.
 */
function firmwareArguments({ kind, code, format }: UefiProgram): string[] {
  const chip = (name: string, filename: string, rest: object): string[] => {
    const file = { driver: 'file', filename, locking: 'off' }
    return ['-blockdev', JSON.stringify({ driver: format, 'node-name': name, file, ...rest })]
  }
  const secure = ['-machine', 'smm=on', '-global', 'driver=cfi.pflash01,property=secure,value=on']
  return [
    ...chip('firmware', code, { 'read-only': true }),
    ...['-add-fd', `fd=${descriptors.variables},set=2`, ...chip('variables', '/dev/fdset/2', {})],
    ...['-machine', 'pflash0=firmware,pflash1=variables'],
    ...(kind === 'secure-boot' ? [...secure, '-global', 'ICH9-LPC.disable_s3=1'] : []),
  ]
}

function directArguments({ kernel, initrd, arguments: line }: DirectBoot): string[] {
  return ['-kernel', kernel, ...(initrd === undefined ? [] : ['-initrd', initrd]), '-append', line]
}

function diskArguments({ direct, disks = [], cdrom }: Chassis, backends: Backends): string[] {
  const { overlay, extra } = descriptors
  return [
    ...rootDiskArguments(backends.disk, { descriptor: overlay, set: 1 }, { bootable: direct === undefined }),
    ...disks.flatMap((disk, index) =>
      extraDiskArguments(disk, index, backends.extraDisks?.[index] ?? [], {
        descriptor: extra + index,
        set: 3 + index,
      }),
    ),
    ...(cdrom === undefined ? [] : cdromArguments(backends.cdrom ?? '')),
  ]
}

function controlArguments(): string[] {
  return [
    ...[...socket('qmp'), '-mon', 'chardev=qmp,mode=control'],
    ...[...socket('serial'), '-device', 'isa-serial,chardev=serial'],
    ...['-device', 'VGA,id=screen', '-device', 'vmgenid,guid=auto', '-device', 'pvpanic'],
    ...['-device', 'virtio-rng-pci,id=rng', '-device', 'virtio-serial-pci,id=ports'],
    ...[...socket('agent'), '-device', 'virtserialport,id=agent,chardev=agent,name=fledge.agent.0'],
  ]
}

function socket(id: 'qmp' | 'serial' | 'agent'): string[] {
  return ['-chardev', `socket,id=${id},fd=${descriptors[id]}`]
}

function tpmArguments(): string[] {
  return [
    ...['-chardev', `socket,id=tpm,fd=${descriptors.tpm}`, '-tpmdev', 'emulator,id=tpm0,chardev=tpm'],
    ...['-device', 'tpm-crb,tpmdev=tpm0'],
  ]
}

function seedArguments({ folder, label }: NonNullable<Backends['seed']>): string[] {
  const volume = { driver: 'vvfat', 'node-name': 'seed', dir: folder, label, 'read-only': true }
  return ['-blockdev', JSON.stringify(volume), '-device', 'virtio-blk-pci,id=seed,drive=seed']
}

function networkArguments(network: Backends['network']): string[] {
  const user = `user,id=net0,ipv6=off,restrict=${network === 'none' ? 'on' : 'off'}`
  return [
    ...['-netdev', user, '-device', nicDevice(0, frozenMac)],
    ...labMacs.flatMap((mac, lab) => [
      '-netdev',
      `hubport,id=net${lab + 1},hubid=${lab + 1}`,
      '-device',
      nicDevice(lab + 1, mac),
    ]),
  ]
}

function nicDevice(index: number, mac: string): string {
  return `virtio-net-pci,id=nic${index},netdev=net${index},mac=${mac},romfile=`
}

function shareArguments({ shares, emptyFolder }: Backends): string[] {
  return Array.from({ length: shareSlots }, (_, index) => {
    const { source, writable } = shares[index] ?? { source: emptyFolder, writable: false }
    // QEMU reads a doubled comma as one that belongs to the value.
    const path = source.replaceAll(',', ',,')
    const access = writable ? 'security_model=mapped-xattr' : 'security_model=none,readonly=on'
    const fsdev = `local,id=share${index},path=${path},multidevs=remap,${access}`
    return [
      '-fsdev',
      fsdev,
      '-device',
      `virtio-9p-pci,id=share${index}-device,fsdev=share${index},mount_tag=fledge${index}`,
    ]
  }).flat()
}
