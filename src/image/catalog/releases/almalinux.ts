import type { Traits, UpdateSource } from '../catalog-entry.ts'
import { type Major, traitsOf } from './enterprise-linux.ts'
import type { Release } from './release.ts'

const site = 'https://repo.almalinux.org/almalinux'

function traits(major: Major): Traits {
  return { ...traitsOf(major, ['tuned.service']), selinux: 'enforcing' }
}

function updates(major: Major, fingerprint?: string): UpdateSource {
  const images = `${site}/${major}/cloud/<arch>/images/`
  return {
    kind: 'almalinux',
    index: [`${site}/`, images, `${images}CHECKSUM`],
    signingKey: `${site}/RPM-GPG-KEY-AlmaLinux-${major}`,
    ...(fingerprint === undefined ? {} : { fingerprint }),
  }
}

const common = {
  defaultUser: 'almalinux',
  firmware: ['bios', 'uefi'],
} as const

export const almalinux = (): readonly Release[] => [
  {
    name: 'almalinux:8',
    title: 'AlmaLinux 8',
    codename: 'Cerulean Leopard',
    aliases: ['almalinux:8.10', 'alma:8'],
    status: 'supported',
    endOfLife: '2029-03-01',
    ...common,
    traits: traits(8),
    updates: updates(8),
  },
  {
    name: 'almalinux:9',
    title: 'AlmaLinux 9',
    codename: 'Olive Jaguar',
    aliases: ['almalinux:9.8', 'alma:9'],
    status: 'supported',
    endOfLife: '2032-05-31',
    ...common,
    traits: traits(9),
    updates: updates(9, 'BF18AC2876178908D6E71267D36CB86CB86B3716'),
  },
  {
    name: 'almalinux:10',
    title: 'AlmaLinux 10',
    aliases: ['almalinux:10.2', 'alma:10', 'almalinux:latest', 'almalinux'],
    status: 'supported',
    endOfLife: '2035-05-31',
    ...common,
    traits: traits(10),
    updates: updates(10),
  },
  {
    name: 'almalinux:kitten-10',
    title: 'AlmaLinux Kitten 10',
    aliases: ['almalinux:kitten', 'alma:kitten'],
    status: 'preview',
    ...common,
    traits: traits(10),
    updates: {
      kind: 'almalinux',
      index: ['https://kitten.repo.almalinux.org/10-kitten/cloud/<arch>/images/'],
    },
  },
]
