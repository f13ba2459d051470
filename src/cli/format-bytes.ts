const units = ['KiB', 'MiB', 'GiB', 'TiB']

/** A size with its unit: `431 MiB`, `1.2 GiB`. */
export function formatBytes(bytes: number): string {
  if (bytes === 0) return '0'
  let size = bytes / 1024
  let unit = 0
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1024
    unit += 1
  }
  return `${size < 9.95 && unit > 0 ? size.toFixed(1) : Math.ceil(size)} ${units[unit]}`
}
