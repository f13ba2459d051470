import { debianReleases, type DebianRelease } from './debian-releases.ts'

/** What the names of images from packages end with. */
export const minimal = '-minimal'

/** The name of the image of a release. */
export function minimalName({ version }: DebianRelease): string {
  return `debian:${version}${minimal}`
}

/** All spellings of that name, the name first. */
export function minimalSpellings({ version, aliases }: DebianRelease): readonly string[] {
  return [version, ...aliases].map((each) => `debian:${each}${minimal}`)
}

/** The release of any of those spellings. */
export function findMinimal(name: string): DebianRelease | undefined {
  return debianReleases.find((release) => minimalSpellings(release).includes(name))
}

/** An image's name, and the extra packages that are said behind a `+`, if there is one. */
export function splitName(name: string): readonly [base: string, extra?: string] {
  const at = name.indexOf('+')
  return at < 0 ? [name] : [name.slice(0, at), name.slice(at + 1)]
}
