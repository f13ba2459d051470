import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { temporaryFolder } from '../../../src/util/temporary-folder.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { mount, whyNoMounts } from '../../fixtures/mount.ts'
import { test } from '../test-in-folder.ts'

const unable = whyNoMounts()

/** Asks for the folder while TMPDIR names some other. */
async function withTmpdir(path: string): Promise<string> {
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = path
  try {
    return await temporaryFolder()
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
}

test('temporaryFolder() gives the folder as it was', async ({ folder }) => {
  expect(await withTmpdir(folder)).toBe(folder)
  expect(await readdir(folder)).toEqual([])
})

test('temporaryFolder() refuses what nothing can be put into, whatever its permissions', async ({
  folder,
}) => {
  const file = join(folder, 'file')
  await writeFile(file, '')
  for (const path of [file, join(folder, 'none'), '/proc']) {
    await expect(withTmpdir(path)).rejects.toMatchObject({
      code: 'ERR_FLEDGE_OPTION',
      message: `Cannot put temporary files into "${path}"`,
      hint: expect.stringContaining('TMPDIR'),
    })
  }
})

test('temporaryFolder() takes a full disk for what it is', async ({ folder }) => {
  test.skip(unable !== undefined, unable ?? '')
  const disk = join(folder, 'disk')
  using _ = mount(disk, '-t', 'tmpfs', '-o', 'nr_inodes=1', 'fledge-test')
  await expect(withTmpdir(disk)).rejects.toMatchObject({ code: 'ENOSPC' })
})

checkLeaks()
