import type { Accelerator } from './accelerator.ts'
import type { QemuCapabilities } from './capabilities.ts'
import { frozenMac, labMacs } from './mac-addresses.ts'

/** How many shares a machine can have: the number of 9p exports in the chassis. */
export const shareSlots = 4

/** What keeps a QEMU that a guest has broken into from more than it needs. */
export const sandbox: readonly string[] = [
  '-sandbox',
  'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
]

/** Where in the chassis a descriptor of the QEMU process leads; 0 to 2 are its standard streams. */
const descriptors = { qmp: 3, serial: 4, agent: 5, overlay: 6, incoming: 7, memory: 8 } as const

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
  /** What QEMU starts itself; without it, the firmware starts the disk's boot loader. */
  readonly direct?: { readonly kernel: string; readonly initrd: string; readonly arguments: string }
}

/** One file that a machine's disk rests on; machines only read it. */
export interface DiskLayer {
  readonly path: string
  readonly format: 'raw' | 'qcow2'
}

/** What the host offers behind the devices: this may differ from clone to clone. */
export interface Backends {
  /** The file that the machine's memory is a private mapping of. */
  readonly memoryFile: string
  /** What lies below the machine's own overlay, from the lowest up. */
  readonly disk: readonly DiskLayer[]
  /** A folder of ours that is empty; behind every share that is not used. */
  readonly emptyFolder: string
  readonly shares: readonly ShareExport[]
  /** `none` leaves the NIC and its address, and lets nothing through. */
  readonly network: 'none' | 'user'
  /** Take frozen state from the inherited descriptor instead of booting. */
  readonly incoming: boolean
  /** A folder shown as a read-only FAT volume, with its label; never on a machine that is frozen. */
  readonly seed?: { readonly folder: string; readonly label: string }
}

/** A host folder behind one of the chassis's 9p devices. */
export interface ShareExport {
  readonly source: string
  readonly writable: boolean
}

/** QEMU's command line for a chassis with its backends. The devices and their order are the same for all machines. */
export function chassisArguments(qemu: QemuCapabilities, chassis: Chassis, backends: Backends): string[] {
  const { memoryMiB, accelerator, direct } = chassis
  const memory = {
    'qom-type': 'memory-backend-file',
    id: 'ram',
    size: memoryMiB * 2 ** 20,
    'mem-path': backends.memoryFile,
    share: false,
    ...(qemu.readonlyMemory ? { readonly: true, rom: 'off' } : {}),
  }
  return [
    ...['-nodefaults', '-no-user-config', '-S', '-display', 'none'],
    ...sandbox,
    ...['-machine', `${chassis.machine},memory-backend=ram,vmport=off,usb=off,suppress-vmdesc=on`],
    ...['-accel', accelerator === 'tcg' ? 'tcg,thread=multi' : 'kvm', '-cpu', chassis.cpu],
    ...['-smp', String(chassis.cpus), '-m', `${memoryMiB}M`, '-object', JSON.stringify(memory)],
    ...(direct ? ['-kernel', direct.kernel, '-initrd', direct.initrd, '-append', direct.arguments] : []),
    ...['-rtc', 'base=utc', '-action', 'panic=pause,reboot=reset,shutdown=poweroff'],
    ...['-global', 'migration.send-configuration=off'],
    ...controlArguments(),
    ...diskArguments(backends.disk, { bootable: direct === undefined }),
    ...networkArguments(backends.network),
    ...shareArguments(backends),
    ...(backends.seed ? seedArguments(backends.seed) : []),
    ...(backends.incoming ? ['-incoming', `fd:${descriptors.incoming}`] : []),
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

/** The overlay, which takes the writes, is an inherited descriptor: it needs no name in any folder. */
function diskArguments(layers: readonly DiskLayer[], { bootable }: { bootable: boolean }): string[] {
  // A flush to a disk that ends with its machine would only cost time.
  const cache = { 'no-flush': true }
  const node = (format: string, filename: string, rest: object): object => {
    const file = { driver: 'file', filename, cache, locking: 'off', discard: 'unmap' }
    return { driver: format, file, cache, ...rest }
  }
  const below = layers.reduce<object | null>(
    (backing, { path, format }) =>
      node(format, path, { 'read-only': true, ...(format === 'qcow2' ? { backing } : {}) }),
    null,
  )
  const disk = node('qcow2', '/dev/fdset/1', { 'node-name': 'disk', discard: 'unmap', backing: below })
  return [
    ...['-add-fd', `fd=${descriptors.overlay},set=1`, '-blockdev', JSON.stringify(disk)],
    ...['-device', `virtio-blk-pci,id=disk0,drive=disk${bootable ? ',bootindex=0' : ''}`],
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
