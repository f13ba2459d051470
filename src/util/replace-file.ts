import { randomUUID } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'

/** Writes a file whole, in place of an older one: who reads it sees the one or the other. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const partial = `${path}.${randomUUID()}.partial`
  try {
    await writeFile(partial, text)
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}
