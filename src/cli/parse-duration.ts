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

/** A number alone counts days in an age, which can be 0, and seconds in a time limit, which cannot. */
const kinds = {
  age: { bare: 'd', wanted: 'a number of days', allowsZero: true },
  limit: { bare: 's', wanted: 'a number of seconds above 0', allowsZero: false },
} as const

/** Reads `90`, `1.5`, `90s`, `5m`, `2h`, `30d`, `2w` as milliseconds. */
export function parseDuration(text: string, kind: keyof typeof kinds): number {
  const { bare, wanted, allowsZero } = kinds[kind]
  const [, amount, unit = bare] = /^(\d+(?:\.\d+)?)\s*([a-z]+)?$/.exec(text.trim()) ?? []
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined
  const milliseconds = Number(amount) * (factor ?? Number.NaN)
  if (milliseconds <= Number.MAX_SAFE_INTEGER && (milliseconds > 0 || allowsZero)) return milliseconds
  throw new InvalidArgumentError(`It must be ${wanted}, or one with a unit: 90s, 5m, 2h, 30d, 2w`)
}
