import type { Release } from './release.ts'

/** Arch and Gentoo, which have no versions. */
export const rolling = (): readonly Release[] => [
  {
    name: 'arch:rolling',
    title: 'Arch Linux',
    aliases: ['arch:latest', 'arch', 'archlinux:latest', 'archlinux'],
    status: 'rolling',
    defaultUser: 'arch',
    firmware: ['bios', 'uefi'],
    traits: {
      init: 'systemd',
      rootFileSystem: 'btrfs',
      network: 'networkd',
      cpu: 'x86-64-v1',
      noisyUnits: ['systemd-time-wait-sync.service', 'systemd-networkd-wait-online.service', 'fstrim.timer'],
      channel: 'agent',
    },
    updates: {
      kind: 'arch',
      index: [
        'https://geo.mirror.pkgbuild.com/images/',
        'https://geo.mirror.pkgbuild.com/images/latest/',
        'https://gitlab.archlinux.org/api/v4/projects/archlinux%2Farch-boxes/packages',
      ],
      signingKey:
        'https://keyserver.ubuntu.com/pks/lookup?op=get&search=0x1B9A16984A4E8CB448712D2AE0B78BF4326C6F8F',
      fingerprint: '1B9A16984A4E8CB448712D2AE0B78BF4326C6F8F',
    },
  },
  {
    name: 'gentoo:rolling',
    title: 'Gentoo',
    aliases: ['gentoo:latest', 'gentoo'],
    status: 'rolling',
    defaultUser: 'gentoo',
    firmware: ['uefi'],
    traits: { init: 'systemd', ninep: true, cpu: 'x86-64-v1', noisyUnits: [], channel: 'agent' },
    updates: {
      kind: 'gentoo',
      index: ['amd64', 'arm64'].map(
        (arch) => `https://distfiles.gentoo.org/releases/${arch}/autobuilds/latest-di-${arch}-cloudinit.txt`,
      ),
      // By the Web Key Directory: copies on key servers have expired.
      signingKey: 'https://gentoo.org/.well-known/openpgpkey/hu/wtktzo4gyuhzu8a4z5fdj3fgmr1u6tob?l=releng',
      fingerprint: '13EBBDBEDE7A12775DFDB1BABB572E0E2D182910',
    },
  },
]
