import { access } from 'node:fs/promises'

import { FledgeError } from '../errors.ts'
import { type DebianMirror, findDebianMirror } from '../image/debian-mirror.ts'
import { readHostSources } from '../image/host-sources.ts'
import { mirrorUri } from '../image/mirror-uri.ts'
import { keyring } from '../image/package-sources.ts'
import { type Finding, missing, ok } from './finding.ts'

/** Where packages come from, and what they are checked with. */
export async function examineMirror(): Promise<readonly Finding[]> {
  const keys = await access(keyring).then(
    () => ok('keyring', keyring),
    () => missing('keyring', `no ${keyring}`, { packages: ['debian-archive-keyring'] }),
  )
  const named = process.env['FLEDGE_MIRROR']
  let found: DebianMirror | undefined
  try {
    found = named ? { main: mirrorUri(named) } : findDebianMirror(await readHostSources())
  } catch (error) {
    if (!(error instanceof FledgeError)) throw error
    return [keys, missing('mirror', error.message, { hint: error.hint ?? 'Name another in FLEDGE_MIRROR' })]
  }
  const mirror = found
    ? ok('mirror', `${found.main}, ${named ? 'from FLEDGE_MIRROR' : "from the host's own package sources"}`)
    : missing('mirror', "no Debian mirror among the host's package sources", {
        hint: 'Name one in FLEDGE_MIRROR, as in "https://mirror.example/debian"',
      })
  return [keys, mirror]
}
