import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { ScreenFormat } from './qemu-link.ts'
import type { QmpClient } from './qmp-client.ts'

/** Has QEMU write the picture on the screen into a file, and reads that. It can be had after a panic too. */
export async function dumpScreen(qmp: QmpClient, format: ScreenFormat, signal: AbortSignal): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-'))
  try {
    const filename = join(folder, `screen.${format}`)
    await qmp.run('screendump', { filename, format }, { signal })
    return await readFile(filename)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
