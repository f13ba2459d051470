import type { Release } from './release.ts'

const latest = 'https://cdn.amazonlinux.com/al2023/os-images/latest'

export const amazonlinux = (): readonly Release[] => [
  {
    name: 'amazonlinux:2023',
    title: 'Amazon Linux 2023',
    aliases: ['al2023', 'amazon:2023', 'amazonlinux:latest', 'amazonlinux'],
    status: 'supported',
    endOfLife: '2029-06-30',
    defaultUser: 'ec2-user',
    firmware: ['uefi'],
    traits: {
      init: 'systemd',
      rootFileSystem: 'xfs',
      cpu: 'x86-64-v2',
      noisyUnits: [],
      channel: 'agent',
    },
    updates: {
      kind: 'amazonlinux',
      index: [`${latest}/`, `${latest}/kvm/SHA256SUMS`, `${latest}/kvm-arm64/SHA256SUMS`],
    },
  },
]
