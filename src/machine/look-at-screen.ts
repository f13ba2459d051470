import type { OwnedMachine } from '../owner/owned-machine.ts'
import type { ScreenFormat } from '../qemu/qemu-link.ts'
import { parsePpm, type Picture } from '../screen/picture.ts'

/** The picture on the screen, as a file would have it. It can be had after a panic too. */
export async function dumpScreen(
  owned: OwnedMachine,
  format: ScreenFormat,
  signal: AbortSignal,
): Promise<Buffer> {
  try {
    return await owned.dumpScreen(format, signal)
  } catch (error) {
    throw owned.over ?? error
  }
}

/** The pixels on the screen now. */
export async function lookAtScreen(owned: OwnedMachine, signal: AbortSignal): Promise<Picture> {
  return parsePpm(await dumpScreen(owned, 'ppm', signal))
}
