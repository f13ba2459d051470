import type { Traits } from '../catalog-entry.ts'
import { type Major, traitsOf } from './enterprise-linux.ts'
import type { Release } from './release.ts'

const site = 'https://dl.rockylinux.org/pub/rocky'

function traits(major: Major): Traits {
  return { ...traitsOf(major, ['cockpit.socket', 'rngd.service']), selinux: 'enforcing' }
}

const common = {
  defaultUser: 'rocky',
  firmware: ['bios', 'uefi'],
} as const

interface Given {
  readonly codename: string
  readonly aliases: readonly string[]
  readonly endOfLife: string
  readonly signed: boolean
}

function current(major: Major, { codename, aliases, endOfLife, signed }: Given): Release {
  return {
    name: `rocky:${major}`,
    title: `Rocky Linux ${major}`,
    codename,
    aliases: [`rockylinux:${major}`, ...aliases],
    status: 'supported',
    endOfLife,
    ...common,
    traits: traits(major),
    updates: {
      kind: 'rocky',
      index: [`${site}/`, `${site}/${major}/images/<arch>/`],
      ...(signed ? { signingKey: `${site}/RPM-GPG-KEY-Rocky-${major}` } : {}),
    },
  }
}

/** A minor version in the vault, which stays as it is. */
function past(major: Major, minor: number): Release {
  return {
    name: `rocky:${major}.${minor}`,
    title: `Rocky Linux ${major}.${minor}`,
    aliases: [],
    status: 'eol',
    ...common,
    traits: traits(major),
    updates: { kind: 'none', index: [] },
  }
}

export const rocky = (): readonly Release[] => [
  ...[6, 7, 8, 9].map((minor) => past(8, minor)),
  current(8, {
    codename: 'Green Obsidian',
    aliases: ['rocky:8.10'],
    endOfLife: '2029-05-31',
    signed: false,
  }),
  ...[0, 1, 2, 3, 4, 5, 6].map((minor) => past(9, minor)),
  current(9, { codename: 'Blue Onyx', aliases: ['rocky:9.8'], endOfLife: '2032-05-31', signed: true }),
  past(10, 1),
  current(10, {
    codename: 'Red Quartz',
    aliases: ['rocky:10.2', 'rocky:latest', 'rocky'],
    endOfLife: '2035-05-31',
    signed: true,
  }),
]
