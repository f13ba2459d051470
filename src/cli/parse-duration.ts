import { InvalidArgumentError } from 'commander'

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** Reads `90`, `1.5`, `90s`, `5m`, `2h`, `30d`, `2w` as milliseconds; a number alone counts the unit that is given. */
export function parseDuration(text: string, bare: 's' | 'd'): number {
  const [, amount, unit = bare] = /^(\d+(?:\.\d+)?)\s*([a-z]+)?$/.exec(text.trim()) ?? []
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined
  if (amount !== undefined && factor !== undefined) return Number(amount) * factor
  throw new InvalidArgumentError(
    `It must be a number of ${bare === 's' ? 'seconds' : 'days'}, or one with a unit: 90s, 5m, 2h, 30d, 2w`,
  )
}
