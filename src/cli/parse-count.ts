import { InvalidArgumentError } from 'commander'

/** Reads a whole number within bounds. */
export function parseCount(text: string, [least, most]: readonly [least: number, most: number]): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (count >= least && count <= most) return count
  throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}`)
}
