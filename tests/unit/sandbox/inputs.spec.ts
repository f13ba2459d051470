import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

import { expect } from '@playwright/test'

import { inputMounts } from '../../../src/sandbox/input-mounts.ts'
import { matchInputs } from '../../../src/sandbox/match-inputs.ts'
import { walkFolder } from '../../../src/sandbox/walk-folder.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { test } from '../test-in-folder.ts'

async function make(folder: string, ...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), '')
  }
}

test('matchInputs() takes patterns, folders, exact names, what is taken away, and what is outside', async ({
  folder,
}) => {
  const home = join(folder, 'home')
  await make(folder, 'shared/s')
  await make(home, 'f/a.txt', 'f/.b', 'f/deep/c.txt', 'x[1].txt', 'node_modules/n/n.js', '.git/g')
  await symlink(join(folder, 'shared'), join(home, 'f/link'))
  await symlink('f', join(home, 'way'))
  const match = async (...values: readonly unknown[]): Promise<readonly string[]> =>
    (await matchInputs(values, home)).files.map((path) => relative(home, path))
  const all = ['f/.b', 'f/a.txt', 'f/deep/c.txt', 'f/link']
  expect(await match(['f/**'])).toEqual(all)
  expect(await match(['f'], ['./f/'])).toEqual(all)
  expect(await match(['f/*.txt'])).toEqual(['f/a.txt'])
  expect(await match(['f', '!f/deep/**', '!f/.*'])).toEqual(['f/a.txt', 'f/link'])
  // What one takes away, another may have.
  expect(await match(['f', '!f/**'], ['f/a.txt'])).toEqual(['f/a.txt'])
  expect(await match(['x[1].txt'])).toEqual(['x[1].txt'])
  expect(await match(['../shared/*'], [join(folder, 'shared')])).toEqual(['../shared/s'])
  // Links are what they are, and nobody looks behind them.
  expect(await match(['f/link/s'])).toEqual(['f/link'])
  expect(await match(['way/a.txt'])).toEqual(['way'])
  expect(await match(['**/*.js', '**/g'])).toEqual([])
  expect(await match(undefined, null, [])).toEqual([])
  expect((await matchInputs([['none/*', 'f/a.txt', 'typo.txt']], home)).unmatched).toEqual([
    'none/*',
    'typo.txt',
  ])
  for (const wrong of ['f', { f: true }, [1], [''], [['f']]]) {
    await expect(matchInputs([wrong], home)).rejects.toMatchObject({ code: 'ERR_FLEDGE_OPTION' })
  }
})

test('inputMounts() shows a folder whole only when all in it is an input', async ({ folder }) => {
  await make(folder, 'a/1', 'a/b/2', 'c/3', 'c/4', 'd/5', 'd/node_modules/x', 'e/6')
  await mkdir(join(folder, 'e/empty'))
  await symlink('/etc', join(folder, 'a/link'))
  const walk = walkFolder(folder)
  const shown = (...names: readonly string[]): string[] =>
    inputMounts(
      names.map((name) => join(folder, name)),
      walk,
    ).map(
      (mount) =>
        `${mount.kind} ${relative(folder, mount.path)}${mount.kind === 'link' ? ` ${mount.to}` : ''}`,
    )
  expect(shown('a/1', 'a/b/2', 'a/link', 'c/3')).toEqual(['readable a', 'readable c/3'])
  expect(shown('a/1', 'a/link')).toEqual(['readable a/1', 'link a/link /etc'])
  expect(shown('a/b/2')).toEqual(['readable a/b'])
  // Packages are shown by themselves, and an empty folder is nobody's input.
  expect(shown('d/5', 'e/6')).toEqual(['readable d/5', 'readable e/6'])
  expect(shown('gone')).toEqual([])
  // The project as a whole has what is not known: what is made later.
  expect(shown('a/1', 'a/b/2', 'a/link', 'c/3', 'c/4', 'd/5', 'e/6')).not.toContain('readable ')
})

checkLeaks()
