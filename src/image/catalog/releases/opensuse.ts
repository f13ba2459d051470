import type { Traits, UpdateSource } from '../catalog-entry.ts'
import type { Release } from './release.ts'

const site = 'https://download.opensuse.org'
const fingerprint = 'AD485664E901B867051AB15F35A2F86E29B700A4'
const releases = 'https://get.opensuse.org/api/v0/distributions.json'

function updates(repository: string, index: readonly string[]): UpdateSource {
  return {
    kind: 'opensuse',
    index,
    signingKey: `${site}/${repository}/repo/oss/repodata/repomd.xml.key`,
    fingerprint,
  }
}

const common = { defaultUser: 'opensuse', firmware: ['bios', 'uefi'] } as const

const traits = {
  init: 'systemd',
  noisyUnits: [
    'jeos-firstboot.service',
    'snapper-timeline.timer',
    'packagekit.service',
    'fstrim.timer',
    'logrotate.timer',
  ],
  channel: 'agent',
} as const

const leap16: Traits = {
  ...traits,
  rootFileSystem: 'xfs',
  network: 'NetworkManager',
  selinux: 'enforcing',
  cpu: 'x86-64-v2',
}

export const opensuse = (): readonly Release[] => [
  {
    name: 'opensuse-leap:15.6',
    title: 'openSUSE Leap 15.6',
    aliases: ['opensuse:15.6', 'leap:15.6', 'opensuse-leap:15'],
    status: 'eol',
    endOfLife: '2026-04-30',
    ...common,
    traits: { ...traits, rootFileSystem: 'xfs', network: 'wicked', ninep: false, cpu: 'x86-64-v1' },
    updates: updates('distribution/leap/15.6', [`${site}/distribution/leap/15.6/appliances/`]),
  },
  {
    name: 'opensuse-leap:16.0',
    title: 'openSUSE Leap 16.0',
    aliases: ['opensuse:16.0', 'leap:16.0', 'opensuse-leap:16', 'opensuse-leap:latest', 'opensuse-leap'],
    status: 'supported',
    endOfLife: '2027-10-31',
    ...common,
    traits: leap16,
    updates: updates('distribution/leap/16.0', [
      `${site}/distribution/leap/16.0/appliances/?jsontable`,
      `${site}/distribution/leap/16.0/appliances/`,
      releases,
    ]),
  },
  {
    name: 'opensuse-leap:16.1',
    title: 'openSUSE Leap 16.1',
    aliases: ['opensuse:16.1', 'leap:16.1'],
    status: 'preview',
    ...common,
    traits: leap16,
    updates: updates('distribution/leap/16.1', [
      `${site}/distribution/leap/16.1/appliances/?jsontable`,
      releases,
    ]),
  },
  {
    name: 'opensuse-tumbleweed:rolling',
    title: 'openSUSE Tumbleweed',
    aliases: [
      'opensuse-tumbleweed:latest',
      'opensuse-tumbleweed',
      'opensuse:tumbleweed',
      'tumbleweed:latest',
      'tumbleweed',
    ],
    status: 'rolling',
    ...common,
    traits: { ...traits, cpu: 'x86-64-v1' },
    updates: updates('tumbleweed', [
      `${site}/tumbleweed/appliances/?jsontable`,
      `${site}/ports/aarch64/tumbleweed/appliances/?jsontable`,
    ]),
  },
]
