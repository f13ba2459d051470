import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { hasCode } from '../../util/has-code.ts'

/** Files that are read at once. */
const atOnce = 16

/** What stands for a path that is not there. */
export const missing = 'missing'

/**
 * The digest of a file or a folder with all that is in it: names, contents, links and whether files can be run. Whose they are and their
 * times are not in it, which differ from copy to copy.
 */
export async function digestSource(path: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined
    throw error
  })
  if (!found) return missing
  if (!found.isDirectory()) return digestFile(path)
  const lines: string[] = []
  const names = (await readdir(path, { recursive: true })).toSorted()
  for (let at = 0; at < names.length; at += atOnce) {
    lines.push(...(await Promise.all(names.slice(at, at + atOnce).map((name) => describe(path, name)))))
  }
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}

async function describe(folder: string, name: string): Promise<string> {
  const path = join(folder, name)
  const found = await lstat(path)
  if (found.isSymbolicLink()) return JSON.stringify([name, 'link', await readlink(path)])
  if (found.isDirectory()) return JSON.stringify([name, 'folder'])
  return JSON.stringify([name, found.isFile() ? await digestFile(path) : 'special'])
}

async function digestFile(path: string): Promise<string> {
  const found = await stat(path)
  const hash = createHash('sha256').update(found.mode & 0o111 ? 'program:' : 'file:')
  // Others are never at their end.
  if (!found.isFile()) return hash.update('special').digest('hex')
  for await (const bytes of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(bytes as Buffer)
  return hash.digest('hex')
}
