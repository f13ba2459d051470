import { mkdir, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { makeFolder } from '../../../src/util/make-folder.ts'
import { mount, whyNoMounts } from '../../fixtures/mount.ts'
import { test } from '../test-in-folder.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

test('makeFolder() makes what is missing of a path, as often as it is asked', async ({ folder }) => {
  const path = join(folder, 'a', 'b', 'c')
  await Promise.all([makeFolder(path), makeFolder(path)])
  await makeFolder(path)
  expect((await stat(path)).isDirectory()).toBe(true)
})

test('makeFolder() does not go on for ever below a link to nowhere', async ({ folder }) => {
  await symlink('nowhere', join(folder, 'link'))
  await expect(makeFolder(join(folder, 'link', 'a'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('makeFolder() tells that a disk is read-only, and is content with what is there', async ({ folder }) => {
  const unable = whyNoMounts()
  test.skip(unable !== undefined, unable ?? '')
  await mkdir(join(folder, 'there'))
  using _ = mount(folder, '-o', 'bind,ro', folder)
  await makeFolder(join(folder, 'there'))
  await expect(makeFolder(join(folder, 'a', 'b'))).rejects.toMatchObject({ code: 'EROFS' })
})

checkLeaks()
