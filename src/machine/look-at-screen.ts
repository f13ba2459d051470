import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { OwnedMachine } from '../owner/owned-machine.ts'
import { parsePpm, type Picture } from '../screen/picture.ts'

/** Has QEMU write the picture on the screen into a file. It can be had after a panic too. */
export async function dumpScreen(
  owned: OwnedMachine,
  format: 'png' | 'ppm',
  signal: AbortSignal,
): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-'))
  try {
    const filename = join(folder, `screen.${format}`)
    await owned.qmp.run('screendump', { filename, format }, { signal })
    return await readFile(filename)
  } catch (error) {
    throw owned.over ?? error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The pixels on the screen now. */
export async function lookAtScreen(owned: OwnedMachine, signal: AbortSignal): Promise<Picture> {
  return parsePpm(await dumpScreen(owned, 'ppm', signal))
}
