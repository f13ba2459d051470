import type { Release } from './release.ts'

interface Given {
  readonly status: Release['status']
  readonly endOfLife: string
  readonly aliases: readonly string[]
  readonly firmware?: Release['firmware']
}

function release(branch: string, { status, endOfLife, aliases, firmware = ['uefi'] }: Given): Release {
  return {
    name: `alpine:${branch}`,
    title: `Alpine Linux ${branch}`,
    aliases,
    status,
    endOfLife,
    defaultUser: 'alpine',
    firmware,
    traits: {
      init: 'openrc',
      rootFileSystem: 'ext4',
      network: 'ifupdown',
      ninep: true,
      cpu: 'x86-64-v1',
      noisyUnits: [],
      channel: 'agent',
    },
    updates: {
      kind: 'alpine',
      index: [
        'https://alpinelinux.org/releases.json',
        `https://dl-cdn.alpinelinux.org/alpine/v${branch}/releases/cloud/`,
      ],
      signingKey: 'https://alpinelinux.org/keys/tomalok.asc',
      fingerprint: 'F26ADFADBAE702EF7AF637459DA7EF23BFFCDF22',
    },
  }
}

export const alpine = (): readonly Release[] => [
  release('3.21', { status: 'eol', endOfLife: '2026-11-01', aliases: ['alpine:3.21.7'] }),
  release('3.22', { status: 'supported', endOfLife: '2027-05-01', aliases: ['alpine:3.22.4'] }),
  release('3.23', { status: 'supported', endOfLife: '2027-11-01', aliases: ['alpine:3.23.4'] }),
  release('3.24', {
    status: 'supported',
    endOfLife: '2028-06-01',
    aliases: ['alpine:3.24.2', 'alpine:latest', 'alpine:stable', 'alpine'],
    firmware: ['bios', 'uefi'],
  }),
]
