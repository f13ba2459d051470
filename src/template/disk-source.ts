import type { DiskLayer } from '../qemu/disk-arguments.ts'

/** Names a disk as qemu-img can open it: an open qcow2 file of this process, above the layers that it rests on. */
export function diskSource(overlay: number, layers: readonly DiskLayer[]): string {
  const own = layer('qcow2', `/proc/${process.pid}/fd/${overlay}`)
  return `json:${JSON.stringify({ ...own, backing: stack(layers) })}`
}

/** The same of the layers alone. */
export function layersSource(layers: readonly DiskLayer[]): string {
  return `json:${JSON.stringify(stack(layers))}`
}

function stack(layers: readonly DiskLayer[]): object | null {
  return layers.reduce<object | null>(
    (below, { path, format }) => ({
      ...layer(format, path),
      ...(format === 'qcow2' ? { backing: below } : {}),
    }),
    null,
  )
}

function layer(format: string, filename: string): object {
  return { driver: format, file: { driver: 'file', filename, locking: 'off' } }
}
