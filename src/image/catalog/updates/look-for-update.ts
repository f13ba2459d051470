import { FledgeError } from '../../../errors.ts'
import type { Architecture, CatalogBuild, CatalogEntry } from '../catalog-entry.ts'
import { compareBuilds } from './compare-builds.ts'
import { findNewestBuild } from './find-newest-build.ts'
import { isPublishedFor } from './readers.ts'
import type { OpenWeb } from './web.ts'

/** What came of looking for a newer build of one image. */
export interface ImageUpdate {
  /** As `debian:13`. */
  readonly image: string
  readonly architecture: Architecture
  /** `skipped` are those that get no newer builds. */
  readonly outcome: 'updated' | 'current' | 'skipped' | 'failed'
  /** The build until now, if there was one. */
  readonly from?: string
  /** The newest build. */
  readonly to?: string
  /** `signature of FINGERPRINT`, of a key that fledge knows, or `digest over HTTPS`. */
  readonly verifiedBy?: string
  /** What else there is to know, as why it was skipped. */
  readonly remark?: string
  /** Why it failed. */
  readonly error?: FledgeError
}

/** The same with the build to pin. */
export interface Looked {
  readonly update: ImageUpdate
  readonly newer?: CatalogBuild
}

/**
 * Looks for a newer build of an entry than the one that there is.
 *
 * @throws FledgeError `ERR_FLEDGE_ABORTED`; what else fails is told in the result
 */
export async function lookForUpdate(
  entry: CatalogEntry,
  architecture: Architecture,
  web: OpenWeb,
): Promise<Looked> {
  const older = entry.builds[architecture]
  const about = { image: entry.name, architecture, ...(older === undefined ? {} : { from: older.build }) }
  const reason = reasonToSkip(entry, architecture)
  if (reason !== undefined) return { update: { ...about, outcome: 'skipped', remark: reason } }
  try {
    const { build, ...vouched } = await findNewestBuild(entry, architecture, web)
    const found = { ...about, to: build.build, ...vouched }
    if (isNewer(build, older)) return { update: { ...found, outcome: 'updated' }, newer: build }
    return { update: { ...found, outcome: 'current' } }
  } catch (error) {
    if (!(error instanceof FledgeError) || error.code === 'ERR_FLEDGE_ABORTED') throw error
    return { update: { ...about, outcome: 'failed', error } }
  }
}

/** @throws FledgeError `ERR_FLEDGE_SIGNATURE` when it is the same and has another digest */
function isNewer(found: CatalogBuild, older: CatalogBuild | undefined): boolean {
  if (older === undefined) return true
  const difference = compareBuilds(found.build, older.build)
  if (difference !== 0) return difference > 0
  // There are builds in the catalog whose digests it does not know.
  if (older.sha256 === undefined && older.sha512 === undefined) return true
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const [is, was] = [found[algorithm], older[algorithm]]
    if (found.url === older.url && is !== undefined && was !== undefined && is !== was) {
      throw new FledgeError(
        'ERR_FLEDGE_SIGNATURE',
        `${found.url} has changed: its ${algorithm} was ${was}, and is ${is} now`,
        { hint: 'A build never changes by itself: ask the distribution before you use it' },
      )
    }
  }
  return false
}

function reasonToSkip({ status, updates }: CatalogEntry, architecture: Architecture): string | undefined {
  if (status === 'eol') return 'past its end of life'
  if (updates.kind === 'none') return 'it has no index'
  if (!isPublishedFor(updates.kind, architecture)) return `its index has none for ${architecture}`
  return undefined
}
