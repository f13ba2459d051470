import { EnvironmentError } from '../errors.ts'
import type { AptSource } from './apt-sources.ts'
import { debianReleases } from './debian-releases.ts'
import { hasCredentials } from './mirror-uri.ts'

/** Where packages come from. */
export interface DebianMirror {
  /** The folder that holds `dists` and `pool`. */
  readonly main: string
  /** The same of the security archive, when there is one. */
  readonly security?: string
}

const suites = new Set([
  ...debianReleases.flatMap(({ suite, aliases }) => [suite, ...aliases]),
  'oldoldstable',
])

/**
 * Finds the Debian mirror among a host's sources of packages: the same one has the other suites too.
 *
 * @throws EnvironmentError `ERR_FLEDGE_MIRROR` when there are only addresses with a password
 */
export function findDebianMirror(sources: readonly AptSource[]): DebianMirror | undefined {
  const main = best(sources, (suite) => suites.has(suite))
  if (main === undefined) return undefined
  const security = best(sources, (suite) => {
    const base = /^(.+)(?:-security|\/updates)$/.exec(suite)?.[1]
    return base !== undefined && suites.has(base)
  })
  return { main, ...(security === undefined ? {} : { security }) }
}

/**
 * Others than Debian use its code names for suites too. What is signed by Debian's keyring is Debian's;
 * what is signed by another is not; for the rest the path is a sign.
 */
function best(sources: readonly AptSource[], wanted: (suite: string) => boolean): string | undefined {
  const candidates = sources
    .filter(({ suites, components }) => suites.some(wanted) && components.includes('main'))
    .filter(({ signedBy }) => signedBy === undefined || signedBy.includes('debian-archive'))
    .flatMap(({ uris, signedBy }) =>
      uris
        .filter((uri) => /^(https?|ftp):\/\//.test(uri))
        .map((uri) => ({
          uri: uri.replace(/\/+$/, ''),
          score: (signedBy === undefined ? 0 : 2) + (/\/debian(-security)?\/?$/.test(uri) ? 1 : 0),
        })),
    )
  const usable = candidates.filter(({ uri }) => !hasCredentials(uri))
  if (candidates.length > 0 && usable.length === 0) throw withCredentials()
  return usable.toSorted((a, b) => b.score - a.score)[0]?.uri
}

/** They would be in the image, in its manifest, and in `ps` while it is built. */
function withCredentials(): EnvironmentError {
  return new EnvironmentError(
    'ERR_FLEDGE_MIRROR',
    "Cannot use the package sources of this host: there is a user or a password in their mirror's address",
    { hint: 'Name a mirror that asks for none in FLEDGE_MIRROR, or a proxy of your own that adds them' },
  )
}
