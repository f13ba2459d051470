import type { Traits } from '../catalog-entry.ts'
import { noisyOfDnf } from './noisy-units.ts'
import type { Release } from './release.ts'

interface Given {
  readonly status: Release['status']
  readonly endOfLife?: string
  readonly aliases?: readonly string[]
  readonly fingerprint?: string
  readonly traits?: Partial<Traits>
}

function release(version: number, given: Given): Release {
  const { status, endOfLife, aliases = [], fingerprint, traits } = given
  const bodhi = status === 'preview' ? [] : [`https://bodhi.fedoraproject.org/releases/F${version}`]
  return {
    name: `fedora:${version}`,
    title: `Fedora ${version}`,
    aliases,
    status,
    ...(endOfLife === undefined ? {} : { endOfLife }),
    defaultUser: 'fedora',
    firmware: ['bios', 'uefi'],
    traits: {
      init: 'systemd',
      rootFileSystem: 'btrfs',
      network: 'NetworkManager',
      cpu: 'x86-64-v1',
      noisyUnits: [...noisyOfDnf, 'dnf5-makecache.timer', 'systemd-oomd.service', 'systemd-oomd.socket'],
      channel: 'agent',
      ...traits,
    },
    updates: {
      kind: 'fedora',
      index: ['https://fedoraproject.org/releases.json', ...bodhi],
      signingKey: 'https://fedoraproject.org/fedora.gpg',
      ...(fingerprint === undefined ? {} : { fingerprint }),
    },
  }
}

const current: Partial<Traits> = { selinux: 'enforcing', ninep: true }

export const fedora = (): readonly Release[] => [
  release(39, { status: 'eol', endOfLife: '2024-11-30' }),
  release(40, { status: 'eol', endOfLife: '2025-05-31', traits: { selinux: 'enforcing' } }),
  // 9p is broken in the kernel of its image, 6.11.
  release(41, { status: 'eol', endOfLife: '2025-12-31', traits: { selinux: 'enforcing', ninep: false } }),
  release(42, { status: 'eol', endOfLife: '2026-05-27', traits: current }),
  release(43, { status: 'supported', endOfLife: '2026-12-02', traits: current }),
  release(44, {
    status: 'supported',
    endOfLife: '2027-06-02',
    aliases: ['fedora:latest', 'fedora'],
    fingerprint: '36F612DCF27F7D1A48A835E4DBFCF71C6D9F90A6',
    traits: current,
  }),
  release(45, { status: 'preview', aliases: ['fedora:45-beta'], traits: current }),
]
