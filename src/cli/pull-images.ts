import { stat } from 'node:fs/promises'

import { pullImage } from '../index.ts'
import { formatBytes } from './format-bytes.ts'
import { print } from './print.ts'

/** Downloads images one after the other, and prints what each is and where. */
export async function pullImages(names: readonly string[], signal: AbortSignal): Promise<void> {
  for (const each of names) {
    const { name, disk, format, digest } = await pullImage(each, { signal })
    const { size } = await stat(disk)
    print(`${name}: ${format}, ${formatBytes(size)}, ${digest.replace(/^(?!sha)/, 'fingerprint ')}\n${disk}`)
  }
}
