import { stat } from 'node:fs/promises'

import { FledgeError } from '../errors.ts'
import { findAgentFiles } from '../image/agent-files.ts'
import { type Finding, missing, ok } from './finding.ts'

/** The program that goes into every guest. */
export async function examineAgent(): Promise<readonly Finding[]> {
  try {
    const { binary } = await findAgentFiles()
    const { size } = await stat(binary)
    return [ok('agent', `${binary}, ${Math.ceil(size / 1024)} KiB`)]
  } catch (error) {
    if (!(error instanceof FledgeError)) throw error
    return [missing('agent', 'not built', { hint: error.hint ?? 'Install fledge again' })]
  }
}
