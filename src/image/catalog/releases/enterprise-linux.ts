import type { Traits } from '../catalog-entry.ts'
import { noisyOfDnf } from './noisy-units.ts'

const processors = { 8: 'x86-64-v1', 9: 'x86-64-v2', 10: 'x86-64-v3' } as const

/** A major version of Red Hat Enterprise Linux, and of all that are built like it. */
export type Major = keyof typeof processors

/** What the family has in common. */
export function traitsOf(major: Major, noisy: readonly string[] = []): Traits {
  return {
    init: 'systemd',
    rootFileSystem: 'xfs',
    network: 'NetworkManager',
    ninep: false,
    cpu: processors[major],
    noisyUnits: [...noisyOfDnf, 'kdump.service', ...noisy],
    channel: 'agent',
  }
}
