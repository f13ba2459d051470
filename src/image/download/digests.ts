/** The algorithms of digests that distributions publish. */
export const algorithms = ['sha256', 'sha512'] as const

export type Algorithm = (typeof algorithms)[number]

/** Digests of one file, in lower-case hex. */
export type Digests = Readonly<Partial<Record<Algorithm, string>>>

/** The digests among other things that are known of a file. */
export function digestsOf(pins: Digests): Digests {
  return Object.fromEntries(
    algorithms.flatMap((algorithm) => {
      const digest = pins[algorithm]
      return digest === undefined ? [] : [[algorithm, digest.toLowerCase()]]
    }),
  )
}

/** What has to be computed of a file to compare it; without a pin it still gets a digest that it is known by. */
export function neededAlgorithms(pins: Digests): readonly Algorithm[] {
  const pinned = algorithms.filter((algorithm) => pins[algorithm] !== undefined)
  return pinned.length > 0 ? pinned : ['sha256']
}

/** The first algorithm by which a file is another one than what is pinned. */
export function mismatch(pins: Digests, found: Digests): Algorithm | undefined {
  return algorithms.find((algorithm) => pins[algorithm] !== undefined && pins[algorithm] !== found[algorithm])
}

/** The digest that a file is known by, as `sha256:0123…`. */
export function identity(digests: Digests): string {
  const algorithm = algorithms.find((each) => digests[each] !== undefined) ?? 'sha256'
  return `${algorithm}:${digests[algorithm] ?? ''}`
}
