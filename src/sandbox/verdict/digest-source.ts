import { stat } from 'node:fs/promises'

import { hasCode } from '../../util/has-code.ts'
import { treeDigest } from '../../util/tree-digest.ts'

/** The digest of a file or a folder with all that is in it, or a word for what has no content. */
export async function digestSource(path: string): Promise<string> {
  try {
    const found = await stat(path)
    return found.isFile() || found.isDirectory() ? await treeDigest(path) : 'special'
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return 'missing'
    throw error
  }
}
