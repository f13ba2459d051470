import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { FledgeError } from '../errors.ts'
import { checkOptions } from '../util/check-options.ts'
import { bounds, callChecks, type CallOptions } from '../util/with-deadline.ts'
import { runVerb, type VerbContext } from './verb.ts'

/** The picture on the machine's screen, as a PNG. */
export async function screenshot(context: VerbContext, options: CallOptions): Promise<Buffer> {
  checkOptions('screenshot', options, callChecks)
  const naming = {
    verb: 'screenshot',
    detail: '',
    // QEMU is there after a panic, with what the kernel has last shown.
    evenAfter: ({ code }: FledgeError) => code === 'ERR_FLEDGE_GUEST_PANIC',
    defaultTimeoutMs: 30_000,
    ...bounds(options),
  }
  return runVerb(context, naming, async ({ signal }) => {
    const folder = await mkdtemp(join(tmpdir(), 'fledge-'))
    try {
      const filename = join(folder, 'screen.png')
      await context.owned.qmp.run('screendump', { filename, format: 'png' }, { signal })
      return await readFile(filename)
    } catch (error) {
      throw context.owned.over ?? error
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}
