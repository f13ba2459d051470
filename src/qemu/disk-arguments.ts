/** One file that a machine's disk rests on; machines only read it. */
export interface DiskLayer {
  readonly path: string
  readonly format: 'raw' | 'qcow2'
}

/** A disk besides the root disk, as the guest sees it. */
export interface ExtraDisk {
  /** Its serial number: `/dev/disk/by-id/virtio-NAME` in the guest. */
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** A hex digest of what is on it at first; an empty one has none. */
  readonly content?: string
}

/** The most disks besides the root disk. */
export const mostExtraDisks = 8

/** An inherited descriptor, which takes the writes to a disk: it needs no name in any folder. */
interface Overlay {
  readonly descriptor: number
  /** The number of its set of descriptors, by which QEMU opens it. */
  readonly set: number
}

/** The root disk. With a boot loader on it, it is the first that the firmware tries. */
export function rootDiskArguments(
  layers: readonly DiskLayer[],
  overlay: Overlay,
  { bootable }: { readonly bootable: boolean },
): string[] {
  return [
    ...overlayArguments('disk', layers, overlay),
    ...['-device', `virtio-blk-pci,id=disk0,drive=disk${bootable ? ',bootindex=0' : ''}`],
  ]
}

/** A disk besides the root disk. */
export function extraDiskArguments(
  { name }: ExtraDisk,
  index: number,
  layers: readonly DiskLayer[],
  overlay: Overlay,
): string[] {
  const node = `extra${index}`
  return [
    ...overlayArguments(node, layers, overlay),
    ...['-device', `virtio-blk-pci,id=${node}-device,drive=${node},serial=${name}`],
  ]
}

/** A CD in a drive on virtio, as kernels for clouds have no driver of others; the firmware tries it after the root disk. */
export function cdromArguments(path: string): string[] {
  const file = { driver: 'file', filename: path, locking: 'off' }
  const medium = { driver: 'raw', 'node-name': 'cdrom', 'read-only': true, file }
  return [
    ...['-blockdev', JSON.stringify(medium), '-device', 'virtio-scsi-pci,id=scsi0'],
    ...['-device', 'scsi-cd,id=cdrom-device,bus=scsi0.0,drive=cdrom,bootindex=1'],
  ]
}

function overlayArguments(
  name: string,
  layers: readonly DiskLayer[],
  { descriptor, set }: Overlay,
): string[] {
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
  const disk = node('qcow2', `/dev/fdset/${set}`, { 'node-name': name, discard: 'unmap', backing: below })
  return ['-add-fd', `fd=${descriptor},set=${set}`, '-blockdev', JSON.stringify(disk)]
}
