import type { Traits, UpdateSource } from '../catalog-entry.ts'
import { type Major, traitsOf } from './enterprise-linux.ts'
import type { Release } from './release.ts'

const site = 'https://yum.oracle.com'

function traits(major: Major): Traits {
  return { ...traitsOf(major, ['firewalld.service']), selinux: 'enforcing' }
}

function updates(major: Major): UpdateSource {
  const templates = `${site}/templates/OracleLinux/ol${major}`
  return {
    kind: 'oraclelinux',
    index: [
      `${templates}-template.json`,
      `${templates}_aarch64-cloud-template.json`,
      `${site}/oracle-linux-templates.html`,
    ],
  }
}

const common = { status: 'supported', defaultUser: 'cloud-user' } as const

export const oraclelinux = (): readonly Release[] => [
  {
    name: 'oraclelinux:8',
    title: 'Oracle Linux 8.10',
    aliases: ['oraclelinux:8.10', 'oracle:8', 'ol:8'],
    endOfLife: '2029-07-31',
    ...common,
    firmware: ['bios'],
    traits: traits(8),
    updates: updates(8),
  },
  {
    name: 'oraclelinux:9',
    title: 'Oracle Linux 9.8',
    aliases: ['oraclelinux:9.8', 'oracle:9', 'ol:9'],
    endOfLife: '2032-06-30',
    ...common,
    firmware: ['bios', 'uefi'],
    traits: traits(9),
    updates: updates(9),
  },
  {
    name: 'oraclelinux:10',
    title: 'Oracle Linux 10.1',
    aliases: ['oraclelinux:10.1', 'oracle:10', 'ol:10', 'oraclelinux:latest', 'oraclelinux'],
    endOfLife: '2035-06-30',
    ...common,
    firmware: ['bios', 'uefi'],
    traits: traits(10),
    updates: updates(10),
  },
]
