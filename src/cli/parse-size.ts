import { InvalidArgumentError } from 'commander'

const exponents: Readonly<Record<string, number>> = { K: 10, M: 20, G: 30, T: 40 }

/** Reads `1024`, `512M`, `2G`, `1.5GiB` as a whole number of MiB or GiB within bounds; a number alone counts those. */
export function parseSize(
  text: string,
  unit: 'MiB' | 'GiB',
  [least, most]: readonly [least: number, most: number],
): number {
  const [, amount, letter = unit.charAt(0)] =
    /^(\d+(?:\.\d+)?)\s*([KMGT])?(?:iB|B)?$/i.exec(text.trim()) ?? []
  const bytes = Number(amount) * 2 ** (exponents[letter.toUpperCase()] ?? 0)
  const size = bytes / 2 ** (exponents[unit.charAt(0)] ?? 0)
  if (Number.isInteger(size) && size >= least && size <= most) return size
  const example = unit === 'MiB' ? '512M or 2G' : '20G or 1T'
  throw new InvalidArgumentError(
    `It must be a whole number of ${unit} from ${least} to ${most}, or a size as ${example}`,
  )
}
