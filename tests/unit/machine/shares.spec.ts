import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

import { expect } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { planShares, type Shares } from '../../../src/machine/shares.ts'
import { test } from '../test-in-folder.ts'

test('planShares() exports real folders, and mounts them where they are wanted', async ({ folder }) => {
  await mkdir(join(folder, 'a, b'))
  await symlink('a, b', join(folder, 'link'))
  const { exports, mounts } = await planShares({
    '/mnt/one/': relative(process.cwd(), join(folder, 'link')),
    '/mnt/two': { source: folder, access: 'read-write' },
  })
  expect(exports).toEqual([
    { source: join(folder, 'a, b'), writable: false },
    { source: folder, writable: true },
  ])
  expect(mounts).toMatchObject([
    { source: 'fledge0', target: '/mnt/one', type: '9p', flags: 1 },
    { source: 'fledge1', target: '/mnt/two', type: '9p', flags: 0 },
  ])
})

test('planShares() lays an overlay over what the guest can only read', async ({ folder }) => {
  const { exports, mounts } = await planShares({ '/srv': { source: folder, access: 'overlay' } })
  expect(exports).toEqual([{ source: folder, writable: false }])
  expect(mounts).toMatchObject([
    { source: 'fledge0', type: '9p', flags: 1 },
    { source: 'overlay', target: '/srv', type: 'overlay', flags: 0 },
  ])
  expect(mounts[1]?.data).toContain(`lowerdir=${mounts[0]?.target},`)
  for (const place of mounts[0]?.folders ?? []) expect(mounts[1]?.data).toContain(`=${place}`)
})

test('planShares() mounts nothing in a guest that cannot, and copies it', async ({ folder }) => {
  const shares = {
    '/mnt/one/': folder,
    '/mnt/two': { source: folder, access: 'read-write', copyBack: true },
  } as const
  expect(await planShares(shares, false)).toMatchObject({
    exports: [],
    mounts: [],
    copies: [
      { source: folder, target: '/mnt/one', access: 'read-only', copyBack: false },
      { source: folder, target: '/mnt/two', access: 'read-write', copyBack: true },
    ],
  })
  expect((await planShares(shares)).copies).toEqual([])
})

test('planShares() takes none', async () => {
  expect(await planShares({})).toEqual({ exports: [], mounts: [], copies: [] })
  expect(await planShares({}, false)).toEqual({ exports: [], mounts: [], copies: [] })
})

const wrong = (folder: string): [unknown, string, string][] => [
  [{ '/mnt': join(folder, 'none') }, 'ERR_FLEDGE_SHARE_SOURCE', 'does not exist'],
  [{ '/mnt': join(folder, 'file') }, 'ERR_FLEDGE_SHARE_SOURCE', 'is not a folder'],
  [{ mnt: folder }, 'ERR_FLEDGE_SHARE_TARGET', 'Cannot share at "mnt": it is not an absolute path'],
  [{ '': folder }, 'ERR_FLEDGE_SHARE_TARGET', 'not an absolute path'],
  [{ '/a\0b': folder }, 'ERR_FLEDGE_SHARE_TARGET', 'not an absolute path'],
  [{ '/': folder }, 'ERR_FLEDGE_SHARE_TARGET', 'it would hide the whole guest'],
  [{ '/a/..': folder }, 'ERR_FLEDGE_SHARE_TARGET', 'it would hide the whole guest'],
  [{ '/a': folder, '/a/': folder }, 'ERR_FLEDGE_SHARE_TARGET', 'Cannot share at "/a" twice'],
  [{ '/a': folder, '/b/../a': folder }, 'ERR_FLEDGE_SHARE_TARGET', 'Cannot share at "/a" twice'],
  [
    Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [`/${name}`, folder])),
    'ERR_FLEDGE_OPTION',
    'room for 4',
  ],
  [{ '/a': '' }, 'ERR_FLEDGE_OPTION', 'source "" of the share "/a"'],
  [{ '/a': null }, 'ERR_FLEDGE_OPTION', 'must be an object'],
  [{ '/a': {} }, 'ERR_FLEDGE_OPTION', 'source'],
  [{ '/a': { source: undefined, access: 'overlay' } }, 'ERR_FLEDGE_OPTION', 'source'],
  [{ '/a': { source: folder, access: 'rw' } }, 'ERR_FLEDGE_OPTION', '"read-write"'],
  [{ '/a': { source: folder, access: 'read-write', copyBack: 'yes' } }, 'ERR_FLEDGE_OPTION', 'copyBack'],
  [{ '/a': { source: folder, copyBack: true } }, 'ERR_FLEDGE_OPTION', 'it is read-only'],
  [{ '/a': { source: folder, access: 'overlay', copyBack: true } }, 'ERR_FLEDGE_OPTION', 'it is overlay'],
  [{ '/a': { source: folder, acess: 'overlay' } }, 'ERR_FLEDGE_OPTION', '"acess"'],
]

test('planShares() refuses what cannot be shared, and says why', async ({ folder }) => {
  await writeFile(join(folder, 'file'), '')
  for (const [shares, code, message] of wrong(folder)) {
    const planning = planShares(shares as Shares)
    await expect(planning, message).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  }
})

checkLeaks()
