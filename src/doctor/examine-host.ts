import { examineAgent } from './examine-agent.ts'
import { examineCache } from './examine-cache.ts'
import { examineFirmware } from './examine-firmware.ts'
import { examineMirror } from './examine-mirror.ts'
import { examineNamespaces } from './examine-namespaces.ts'
import { examineNode } from './examine-node.ts'
import { examineQemu } from './examine-qemu.ts'
import { examineSeal } from './examine-seal.ts'
import { examineTools } from './examine-tools.ts'
import type { Finding } from './finding.ts'

/** Looks at all that fledge needs of this host. */
export async function examineHost(): Promise<readonly Finding[]> {
  const findings = await Promise.all([
    examineQemu(),
    examineTools(),
    examineFirmware(),
    examineNamespaces(),
    examineSeal(),
    examineMirror(),
    examineAgent(),
    examineCache(),
  ])
  return [...examineNode(), ...findings.flat()]
}
