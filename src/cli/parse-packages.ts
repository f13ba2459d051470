import { InvalidArgumentError } from 'commander'

/** Adds names of packages, separated by commas, to those before them; the library knows what such a name is like. */
export function parsePackages(text: string, before: readonly string[] = []): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.includes('')) throw new InvalidArgumentError('It must be names of packages, separated by commas')
  return [...before, ...names]
}
