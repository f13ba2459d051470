import type { Traits, UpdateSource } from '../catalog-entry.ts'
import type { Release } from './release.ts'

function traits(rootFileSystem: 'ufs' | 'zfs' | 'ffs', ninep?: boolean): Traits {
  return {
    init: 'bsd',
    rootFileSystem,
    network: 'bsd',
    cpu: 'x86-64-v1',
    noisyUnits: [],
    channel: 'ssh',
    ...(ninep === undefined ? {} : { ninep }),
  }
}

const freebsd = {
  status: 'supported',
  defaultUser: 'freebsd',
  firmware: ['bios', 'uefi'],
  updates: {
    kind: 'freebsd',
    index: ['https://download.freebsd.org/releases/VM-IMAGES/'],
  } satisfies UpdateSource,
} as const

export const bsd = (): readonly Release[] => [
  {
    name: 'freebsd:14.5',
    title: 'FreeBSD 14.5',
    aliases: ['freebsd:14'],
    ...freebsd,
    traits: traits('zfs', false),
  },
  { name: 'freebsd:15.0', title: 'FreeBSD 15.0', aliases: [], ...freebsd, traits: traits('ufs', true) },
  {
    name: 'freebsd:15.1',
    title: 'FreeBSD 15.1',
    aliases: ['freebsd:15', 'freebsd:latest', 'freebsd'],
    ...freebsd,
    traits: traits('ufs', true),
  },
  {
    name: 'openbsd:7.9',
    title: 'OpenBSD 7.9',
    aliases: ['openbsd:latest', 'openbsd'],
    status: 'unofficial',
    defaultUser: 'openbsd',
    firmware: ['bios'],
    traits: traits('ffs'),
    updates: {
      kind: 'openbsd',
      index: ['https://api.github.com/repos/hcartiaux/openbsd-cloud-image/releases/latest'],
    },
  },
  {
    name: 'netbsd:10.1',
    title: 'NetBSD 10.1',
    aliases: ['netbsd:latest', 'netbsd'],
    status: 'unofficial',
    defaultUser: 'netbsd',
    firmware: ['bios'],
    traits: traits('ffs'),
    updates: { kind: 'none', index: [] },
  },
]
