import { chmod, cp, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { digestSource, missing } from '../../../../src/sandbox/verdict/digest-source.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'
import { test } from '../../test-in-folder.ts'

test('a folder and a copy of it have one digest, whatever their times', async ({ folder }) => {
  const tree = join(folder, 'tree')
  await mkdir(join(tree, 'deep'), { recursive: true })
  await writeFile(join(tree, 'deep/a'), 'content')
  await symlink('deep/a', join(tree, 'link'))
  await cp(tree, join(folder, 'copy'), { recursive: true, verbatimSymlinks: true })
  await utimes(join(folder, 'copy/deep/a'), 1, 1)
  expect(await digestSource(join(folder, 'copy'))).toBe(await digestSource(tree))
})

test('every change in a folder changes its digest', async ({ folder }) => {
  const tree = join(folder, 'tree')
  await mkdir(tree)
  await writeFile(join(tree, 'a'), 'content')
  await symlink('a', join(tree, 'link'))
  const seen = [await digestSource(tree)]
  for (const change of [
    () => writeFile(join(tree, 'a'), 'Content'),
    () => chmod(join(tree, 'a'), 0o755),
    () => rename(join(tree, 'a'), join(tree, 'b')),
    () => rm(join(tree, 'link')),
    () => symlink('b', join(tree, 'link')),
    () => mkdir(join(tree, 'empty')),
    () => writeFile(join(tree, 'empty/b'), ''),
  ]) {
    await change()
    seen.push(await digestSource(tree))
  }
  expect(new Set(seen).size).toBe(seen.length)
})

test('a file, the same file that can be run, a folder and nothing have digests of their own', async ({
  folder,
}) => {
  const path = join(folder, 'file')
  await writeFile(path, '')
  const file = await digestSource(path)
  await chmod(path, 0o755)
  const program = await digestSource(path)
  await mkdir(join(folder, 'empty'))
  const empty = await digestSource(join(folder, 'empty'))
  expect(await digestSource(join(folder, 'none'))).toBe(missing)
  expect(await digestSource(join(path, 'below'))).toBe(missing)
  expect(new Set([file, program, empty, missing]).size).toBe(4)
})

checkLeaks()
