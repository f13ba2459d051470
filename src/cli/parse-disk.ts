import type { DiskGiB } from '../index.ts'
import { parseSize } from './parse-size.ts'

/** Reads the size of a disk within bounds, `20` or `20G`, or how much larger than by itself it is to be, `+2` or `+2G`. */
export function parseDisk(text: string, limits: readonly [least: number, most: number]): DiskGiB {
  const isGrowth = text.startsWith('+')
  const size = parseSize(isGrowth ? text.slice(1) : text, 'GiB', limits)
  return isGrowth ? `+${size}` : size
}
