import type { Traits } from '../catalog-entry.ts'
import { noisyOfApt } from './noisy-units.ts'
import type { Release } from './release.ts'

const site = 'https://cloud-images.ubuntu.com'
const released = `${site}/releases/streams/v1/com.ubuntu.cloud:released:download.json`
const fingerprint = 'D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81'

const noisyUnits: readonly string[] = [
  ...noisyOfApt,
  'snapd.service',
  'snapd.socket',
  'snapd.seeded.service',
  'snapd.apparmor.service',
  'motd-news.timer',
  'ua-timer.timer',
  'update-notifier-download.timer',
  'update-notifier-motd.timer',
  'apport.service',
  'fwupd-refresh.timer',
  'multipathd.service',
  'multipathd.socket',
  'systemd-networkd-wait-online.service',
]

interface Given {
  readonly version: string
  readonly codename: string
  readonly status: Release['status']
  readonly endOfLife?: string
  readonly aliases?: readonly string[]
  readonly ninep?: boolean
  readonly index?: string
}

function release({ version, codename, status, endOfLife, aliases = [], ninep, index }: Given): Release {
  const traits: Traits = {
    init: 'systemd',
    rootFileSystem: 'ext4',
    network: 'netplan',
    cpu: 'x86-64-v1',
    noisyUnits,
    channel: 'agent',
    ...(ninep === undefined ? {} : { ninep }),
  }
  return {
    name: `ubuntu:${version}`,
    title: `Ubuntu ${version}`,
    codename,
    aliases: [`ubuntu:${codename}`, ...aliases],
    status,
    ...(endOfLife === undefined ? {} : { endOfLife }),
    defaultUser: 'ubuntu',
    firmware: ['bios', 'uefi'],
    traits,
    updates: {
      kind: 'ubuntu',
      index: [released, index ?? `${site}/releases/${codename}/`],
      signingKey: `https://keyserver.ubuntu.com/pks/lookup?op=get&search=0x${fingerprint}`,
      fingerprint,
    },
  }
}

export const ubuntu = (): readonly Release[] => [
  release({ version: '20.04', codename: 'focal', status: 'eol', endOfLife: '2025-05-31' }),
  release({ version: '22.04', codename: 'jammy', status: 'supported', endOfLife: '2027-06-01', ninep: true }),
  release({ version: '22.10', codename: 'kinetic', status: 'eol', endOfLife: '2023-07-31' }),
  release({ version: '23.04', codename: 'lunar', status: 'eol', endOfLife: '2024-01-31' }),
  release({ version: '23.10', codename: 'mantic', status: 'eol', endOfLife: '2024-07-31' }),
  release({ version: '24.04', codename: 'noble', status: 'supported', endOfLife: '2029-05-31', ninep: true }),
  // 9p is broken in its kernel, 6.11.
  release({ version: '24.10', codename: 'oracular', status: 'eol', endOfLife: '2025-07-31', ninep: false }),
  release({ version: '25.04', codename: 'plucky', status: 'eol', endOfLife: '2026-01-31' }),
  release({ version: '25.10', codename: 'questing', status: 'eol', endOfLife: '2026-07-31' }),
  release({
    version: '26.04',
    codename: 'resolute',
    status: 'supported',
    endOfLife: '2031-05-29',
    aliases: ['ubuntu:latest', 'ubuntu:lts', 'ubuntu'],
    ninep: true,
  }),
  release({
    version: '26.10',
    codename: 'stonking',
    status: 'preview',
    aliases: ['ubuntu:devel'],
    index: `${site}/daily/streams/v1/com.ubuntu.cloud:daily:download.json`,
  }),
]
