import { endOfLifeOf } from '../../debian-releases.ts'
import type { Traits } from '../catalog-entry.ts'
import { noisyOfApt } from './noisy-units.ts'
import type { Release } from './release.ts'

const site = 'https://cloud.debian.org/images/cloud'
const waitOnline = 'systemd-networkd-wait-online.service'

interface Given {
  readonly version: string
  readonly codename: string
  readonly aliases: readonly string[]
  readonly status: Release['status']
  readonly index: readonly string[]
  readonly traits: Partial<Traits>
}

function release({ version, codename, aliases, status, index, traits }: Given): Release {
  const endOfLife = endOfLifeOf(version)
  return {
    name: `debian:${version}`,
    title: version === codename ? 'Debian unstable' : `Debian ${version}`,
    codename,
    aliases,
    status,
    ...(endOfLife === undefined ? {} : { endOfLife }),
    defaultUser: 'debian',
    firmware: ['bios', 'uefi'],
    traits: {
      init: 'systemd',
      rootFileSystem: 'ext4',
      cpu: 'x86-64-v1',
      noisyUnits: [...noisyOfApt, waitOnline],
      channel: 'agent',
      ...traits,
    },
    updates: { kind: 'debian', index },
  }
}

function folders(codename: string): readonly string[] {
  const folder = `${site}/${codename}/`
  return [folder, `${folder}latest/`, `${folder}daily/latest/`]
}

export const debian = (): readonly Release[] => [
  release({
    version: '11',
    codename: 'bullseye',
    aliases: ['debian:bullseye'],
    status: 'eol',
    index: folders('bullseye'),
    // Its last build is a "genericcloud", whose kernel has no 9p.
    traits: { network: 'ifupdown', ninep: false, noisyUnits: noisyOfApt },
  }),
  release({
    version: '12',
    codename: 'bookworm',
    aliases: ['debian:bookworm', 'debian:oldstable'],
    status: 'supported',
    index: folders('bookworm'),
    traits: { network: 'netplan', ninep: true },
  }),
  release({
    version: '13',
    codename: 'trixie',
    aliases: ['debian:trixie', 'debian:stable', 'debian:latest', 'debian'],
    status: 'supported',
    index: folders('trixie'),
    traits: { network: 'netplan', ninep: true },
  }),
  release({
    version: 'sid',
    codename: 'sid',
    aliases: ['debian:unstable'],
    status: 'rolling',
    index: [`${site}/sid/daily/`],
    traits: { ninep: true },
  }),
]
