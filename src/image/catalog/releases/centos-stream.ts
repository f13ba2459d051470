import type { UpdateSource } from '../catalog-entry.ts'
import { type Major, traitsOf } from './enterprise-linux.ts'
import type { Release } from './release.ts'

function updates(major: Major): UpdateSource {
  const images = `https://cloud.centos.org/centos/${major}-stream/<arch>/images/`
  return { kind: 'centos-stream', index: [`${images}CHECKSUM`, images] }
}

const common = {
  status: 'supported',
  defaultUser: 'cloud-user',
  firmware: ['bios', 'uefi'],
} as const

export const centosStream = (): readonly Release[] => [
  {
    name: 'centos-stream:9',
    title: 'CentOS Stream 9',
    aliases: ['centos:9', 'centos:stream9'],
    endOfLife: '2027-05-31',
    ...common,
    traits: traitsOf(9),
    updates: updates(9),
  },
  {
    name: 'centos-stream:10',
    title: 'CentOS Stream 10',
    codename: 'Coughlan',
    aliases: ['centos:10', 'centos:stream10', 'centos-stream:latest', 'centos-stream', 'centos'],
    endOfLife: '2030-01-01',
    ...common,
    traits: traitsOf(10),
    updates: updates(10),
  },
]
