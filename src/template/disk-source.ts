import type { DiskLayer } from '../qemu/disk-arguments.ts'

/** Names a disk as qemu-img can open it: an open qcow2 file of this process, above the layers that it rests on. */
export function diskSource(overlay: number, layers: readonly DiskLayer[]): string {
  const backing = layers.reduce<object | null>(
    (below, { path, format }) => ({
      ...layer(format, path),
      ...(format === 'qcow2' ? { backing: below } : {}),
    }),
    null,
  )
  const own = layer('qcow2', `/proc/${process.pid}/fd/${overlay}`)
  return `json:${JSON.stringify({ ...own, backing })}`
}

function layer(format: string, filename: string): object {
  return { driver: format, file: { driver: 'file', filename, locking: 'off' } }
}
