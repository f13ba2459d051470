import { join, resolve } from 'node:path'

import { MisuseError } from '../../errors.ts'
import { cacheFolder } from '../../util/cache-folder.ts'

/** Where verdicts are kept, and how. */
export interface VerdictPlace {
  /** A folder, or the address of one on a server. */
  readonly place: string
  readonly isServer: boolean
  /** Whether new verdicts are kept there. */
  readonly writes: boolean
  /** What verdicts are signed with. */
  readonly key?: string | undefined
}

/** A key that can be guessed is none. */
const leastKey = 16

/** The folder of verdicts in the cache. */
export function verdictFolder(): string {
  return join(cacheFolder(), 'verdicts')
}

/**
 * Where verdicts are: the option, else `FLEDGE_VERDICTS`, else a folder in the cache. `FLEDGE_VERDICTS_MODE` says whether new ones are
 * kept, `FLEDGE_VERDICTS_KEY` signs them.
 *
 * @throws MisuseError `ERR_FLEDGE_OPTION`
 */
export function verdictPlace(option: string | undefined, env: NodeJS.ProcessEnv = process.env): VerdictPlace {
  const { FLEDGE_VERDICTS: named, FLEDGE_VERDICTS_MODE: mode, FLEDGE_VERDICTS_KEY: key } = env
  const place = option ?? (named || undefined)
  if (mode !== undefined && mode !== '' && mode !== 'read' && mode !== 'read-write') {
    throw misuse(`FLEDGE_VERDICTS_MODE "${mode}"`, 'it must be "read" or "read-write"')
  }
  if (key !== undefined && key !== '' && key.length < leastKey) {
    throw misuse(
      'FLEDGE_VERDICTS_KEY',
      `it has ${key.length} characters, and must have ${leastKey}`,
      'Make one by "openssl rand -hex 32"',
    )
  }
  const rest = { writes: mode !== 'read', key: key || undefined }
  if (place === undefined) return { place: verdictFolder(), isServer: false, ...rest }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(place)?.[1]?.toLowerCase()
  if (place === '' || (scheme !== undefined && !['http', 'https'].includes(scheme))) {
    throw misuse(`the place of verdicts "${place}"`, 'it must be a folder, or an address with http or https')
  }
  if (scheme === undefined) return { place: resolve(place), isServer: false, ...rest }
  if (!URL.canParse(place)) throw misuse(`the place of verdicts "${place}"`, 'it is no address')
  if (rest.key === undefined) {
    throw misuse(
      'verdicts of a server without a key',
      'nobody vouches for them',
      'Set FLEDGE_VERDICTS_KEY to what all who share them know, as "openssl rand -hex 32" makes it',
    )
  }
  return { place, isServer: true, ...rest }
}

function misuse(what: string, why: string, hint?: string): MisuseError {
  return new MisuseError(
    'ERR_FLEDGE_OPTION',
    `Cannot use ${what}: ${why}`,
    hint === undefined ? {} : { hint },
  )
}
