import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

import { hasCode } from './has-code.ts'

/** Makes a folder, and those above it. Node's own `recursive` says of a disk that is read-only that the folder does not exist. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
    await makeFolder(dirname(path))
    await makeOne(path)
  }
}

async function makeOne(path: string): Promise<void> {
  await mkdir(path).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error
  })
}
