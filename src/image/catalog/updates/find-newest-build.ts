import type { Architecture, CatalogBuild, CatalogEntry } from '../catalog-entry.ts'
import type { Candidate } from './candidate.ts'
import { carryMirrors } from './carry-mirrors.ts'
import { type Digests, digestsOf } from './checksum-file.ts'
import { indexFault, mayBeRace } from './faults.ts'
import { readers } from './readers.ts'
import { type Vouched, vouch } from './vouch.ts'
import type { OpenWeb, Web } from './web.ts'

/** The newest build of an image, and what speaks for it. */
export interface FoundBuild extends Vouched {
  readonly build: CatalogBuild
}

/**
 * Finds the newest build of an image as its distribution publishes it: in its index, then its digest in a checksum file, then
 * the signature of that where there is one. When they do not fit together all are read once more: builds are published
 * while they are read.
 *
 * @throws EnvironmentError `ERR_FLEDGE_IMAGE_INDEX`, `ERR_FLEDGE_SIGNATURE`, `ERR_FLEDGE_DOWNLOAD`; FledgeError
 * `ERR_FLEDGE_TIMEOUT`, `ERR_FLEDGE_ABORTED`
 */
export async function findNewestBuild(
  entry: CatalogEntry,
  architecture: Architecture,
  web: OpenWeb,
): Promise<FoundBuild> {
  try {
    return await find(entry, architecture, web)
  } catch (error) {
    if (!mayBeRace(error)) throw error
    return find(entry, architecture, web.afresh())
  }
}

async function find(entry: CatalogEntry, architecture: Architecture, web: Web): Promise<FoundBuild> {
  const { updates, builds } = entry
  if (updates.kind === 'none') throw indexFault(`There is no index of ${entry.name}`)
  const candidate = await readers[updates.kind]({ entry, architecture, web })
  const checksums = candidate.checksums === undefined ? undefined : await web.read(candidate.checksums)
  const { text, ...vouched } = await vouch(updates, candidate, checksums, web)
  const { url } = candidate.build
  const mirrors = carryMirrors(url, builds[architecture])
  const digests = checksums ? digestsOf(text, fileName(url), candidate.checksums ?? '') : {}
  return { build: { ...agreed(candidate.build, digests), mirrors }, ...vouched }
}

/** What the index says with what the checksum file says. */
function agreed(build: Candidate['build'], digests: Digests): Candidate['build'] {
  for (const fact of ['sha256', 'sha512', 'bytes'] as const) {
    const [one, other] = [build[fact], digests[fact]]
    if (one !== undefined && other !== undefined && one !== other) {
      throw indexFault(`The index and the checksum file of ${build.url} say ${fact} ${one} and ${other}`)
    }
  }
  const whole = { ...build, ...digests }
  if (whole.sha256 === undefined && whole.sha512 === undefined) {
    throw indexFault(`There is no digest of ${build.url}`)
  }
  return whole
}

function fileName(url: string): string {
  return decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '')
}
