import { InvalidArgumentError } from 'commander'

const exponents: Readonly<Record<string, number>> = { K: 10, M: 20, G: 30, T: 40 }

/** Reads `1024`, `512M`, `2G`, `1.5GiB` as a whole number of MiB or GiB; a number alone counts those. */
export function parseSize(text: string, unit: 'MiB' | 'GiB'): number {
  const [, amount, letter = unit.charAt(0)] =
    /^(\d+(?:\.\d+)?)\s*([KMGT])?(?:iB|B)?$/i.exec(text.trim()) ?? []
  const bytes = Number(amount) * 2 ** (exponents[letter.toUpperCase()] ?? 0)
  const size = bytes / 2 ** (exponents[unit.charAt(0)] ?? 0)
  if (Number.isInteger(size) && size > 0) return size
  throw new InvalidArgumentError(`It must be a whole number of ${unit}, or a size as 512M or 2G`)
}

/** Reads a whole number that is not 0. */
export function parseCount(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 1 on')
}
