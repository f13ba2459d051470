import { access } from 'node:fs/promises'

import { EnvironmentError } from '../errors.ts'
import { type DebianMirror, findDebianMirror } from './debian-mirror.ts'
import { releaseOfSuite } from './debian-releases.ts'
import { readHostSources } from './host-sources.ts'
import type { ImageSpec } from './image.ts'

/** What every package list is checked with, on the host and in the guest. */
export const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/**
 * Where an image's packages come from, as lines of sources.list(5): the mirror that was named and no
 * other, else the host's own with its security archive.
 *
 * @throws EnvironmentError `ERR_FLEDGE_MIRROR` when there is no mirror, or no keyring to check it with.
 */
export async function packageSources(spec: ImageSpec): Promise<readonly string[]> {
  await access(keyring).catch((cause: unknown) => {
    throw new EnvironmentError(
      'ERR_FLEDGE_MIRROR',
      `Cannot check the signatures of Debian's packages: no "${keyring}"`,
      {
        cause,
        hint: 'Install the package "debian-archive-keyring"; other distributions than Debian have it under the same name',
      },
    )
  })
  const mirror = spec.mirror === undefined ? findDebianMirror(await readHostSources()) : { main: spec.mirror }
  if (mirror) return sourceLines(spec.suite, mirror)
  throw new EnvironmentError(
    'ERR_FLEDGE_MIRROR',
    `Cannot find a Debian mirror for "${spec.name}" among the package sources of this host`,
    {
      hint: 'Name one in FLEDGE_MIRROR, as in "https://mirror.example/debian"',
    },
  )
}

/** The lines of one suite, with its updates where it has them. */
export function sourceLines(suite: string, { main, security }: DebianMirror): readonly string[] {
  const updates = releaseOfSuite(suite)?.updates ?? false
  return [
    line(main, suite),
    ...(updates ? [line(main, `${suite}-updates`)] : []),
    ...(updates && security !== undefined ? [line(security, `${suite}-security`)] : []),
  ]
}

function line(uri: string, suite: string): string {
  return `deb [signed-by=${keyring}] ${uri} ${suite} main`
}
