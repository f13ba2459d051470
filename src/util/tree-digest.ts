import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/**
 * A digest of a file's content, or of all that is in a folder: names, kinds, permissions, links and contents, and no times or owners.
 *
 * @returns hexadecimal SHA-256
 */
export async function treeDigest(path: string): Promise<string> {
  const hash = createHash('sha256')
  // A link is as good as what it leads to only where it is named itself.
  if ((await stat(path)).isDirectory()) await addFolder(hash, path)
  else await addFile(hash, path)
  return hash.digest('hex')
}

async function addFolder(hash: Hash, folder: string): Promise<void> {
  for (const name of (await readdir(folder)).toSorted()) {
    const path = join(folder, name)
    const found = await lstat(path)
    hash.update(JSON.stringify([name, found.mode, found.isFile() ? found.size : 0]))
    if (found.isDirectory()) await addFolder(hash, path)
    else if (found.isSymbolicLink()) hash.update(JSON.stringify(await readlink(path)))
    else if (found.isFile()) await addFile(hash, path)
  }
  hash.update('end')
}

async function addFile(hash: Hash, path: string): Promise<void> {
  await pipeline(createReadStream(path), async (bytes: AsyncIterable<Buffer>) => {
    for await (const each of bytes) hash.update(each)
  })
}
