import { chmod, mkdir, rename, symlink, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { treeDigest } from '../../../src/util/tree-digest.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { test } from '../test-in-folder.ts'

test('a digest of a folder changes with all that is in it, and with nothing else', async ({ folder }) => {
  const at = (name: string): string => join(folder, name)
  await mkdir(at('a/b'), { recursive: true })
  await writeFile(at('a/b/file'), 'text')
  await symlink('file', at('a/b/link'))
  const seen = [await treeDigest(folder)]
  await utimes(at('a/b/file'), 1, 1)
  expect(await treeDigest(folder)).toBe(seen[0])
  const changes = [
    () => writeFile(at('a/b/file'), 'tex!'),
    () => chmod(at('a/b/file'), 0o755),
    () => rename(at('a/b/file'), at('a/file')),
    () => mkdir(at('a/empty')),
    () => unlink(at('a/b/link')),
    () => symlink('other', at('a/b/link')),
    () => writeFile(at('a/b/link2'), 'other'),
  ]
  for (const change of changes) {
    await change()
    seen.push(await treeDigest(folder))
  }
  expect(new Set(seen).size).toBe(changes.length + 1)
})

test('where one name ends and the next begins counts', async ({ folder }) => {
  await mkdir(join(folder, 'one/a'), { recursive: true })
  await mkdir(join(folder, 'one/b'), { recursive: true })
  await mkdir(join(folder, 'two/a/b'), { recursive: true })
  expect(await treeDigest(join(folder, 'one'))).not.toBe(await treeDigest(join(folder, 'two')))
})

test('a file named itself is its content, and one that is a link is what it leads to', async ({ folder }) => {
  await writeFile(join(folder, 'file'), 'text')
  await symlink('file', join(folder, 'link'))
  // As sha256sum has it.
  expect(await treeDigest(join(folder, 'file'))).toBe(
    '982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1',
  )
  expect(await treeDigest(join(folder, 'link'))).toBe(await treeDigest(join(folder, 'file')))
  await expect(treeDigest(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' })
})

checkLeaks()
