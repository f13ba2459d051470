import { arch, platform, release } from 'node:os'

import { atLeast } from '../qemu/capabilities.ts'
import { type Finding, missing, ok } from './finding.ts'

/** The least Node that fledge is made for. */
const leastNode = '20.19.0'

/** Node, and the kind of host that it runs on. */
export function examineNode(): readonly Finding[] {
  const version = process.versions.node
  const node = atLeast(version, leastNode)
    ? ok('Node', version)
    : missing('Node', `${version}: too old`, { hint: `Install Node ${leastNode} or newer` })
  const host =
    platform() === 'linux' && arch() === 'x64'
      ? ok('host', `Linux ${release()} on x86_64`)
      : missing('host', `${platform()} on ${arch()}`, { hint: 'Use a host with Linux on x86_64' })
  return [node, host]
}
