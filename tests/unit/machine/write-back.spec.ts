import {
  chmod,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { planWriteBack, type WriteBack } from '../../../src/machine/plan-write-back.ts'
import { isSameShare, recordShare, type ShareRecord } from '../../../src/machine/share-record.ts'
import { writeBack } from '../../../src/machine/write-back.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { test as base } from '../test-in-folder.ts'

/** Times of before a test, as those of files that were not made just now. */
const past = new Date('2020-02-02T02:02:02.5Z')

interface Share {
  /** On the host. */
  readonly source: string
  /** As it comes back from a guest. */
  readonly arrived: string
  readonly record: ShareRecord
  readonly plan: () => Promise<WriteBack>
  /** Copies back, and demands that there are no conflicts. */
  readonly run: () => Promise<void>
}

/** A share with some of all, and its copy. */
const test = base.extend<{ share: Share }>({
  share: async ({ folder }, use) => {
    const [source, arrived] = [join(folder, 'source'), join(folder, 'arrived')]
    await mkdir(join(source, 'sub', 'deep'), { recursive: true })
    for (const path of ['a', 'b', 'sub/c', 'sub/deep/d']) {
      await writeFile(join(source, path), `${path} of before`)
      await utimes(join(source, path), past, past)
    }
    await symlink('a', join(source, 'link'))
    await cp(source, arrived, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
    const record = await recordShare(source)
    const plan = (): Promise<WriteBack> => planWriteBack(arrived, source, record)
    const run = async (): Promise<void> => {
      const planned = await plan()
      expect(planned.conflicts).toEqual([])
      await writeBack(arrived, source, planned)
    }
    await use({ source, arrived, record, plan, run })
  },
})

test('what nobody changed is left alone', async ({ share: { source, record, plan, run } }) => {
  expect(await plan()).toEqual({
    removed: [],
    folders: [],
    files: [],
    modes: new Map(),
    links: [],
    conflicts: [],
  })
  await run()
  expect(isSameShare(record, await recordShare(source))).toBe(true)
})

test('what the guest made, changed and removed is so on the host', async ({ share }) => {
  const { source, arrived, run } = share
  await writeFile(join(arrived, 'a'), 'changed')
  await utimes(join(arrived, 'a'), past, new Date('2021-01-01T00:00:00Z'))
  await mkdir(join(arrived, 'new', 'below'), { recursive: true })
  await writeFile(join(arrived, 'new', 'below', 'file'), 'made', { mode: 0o750 })
  await rm(join(arrived, 'b'))
  await rm(join(arrived, 'sub'), { recursive: true })
  await run()
  expect((await readdir(source, { recursive: true })).toSorted()).toEqual([
    'a',
    'link',
    'new',
    'new/below',
    'new/below/file',
  ])
  expect(await readFile(join(source, 'a'), 'utf8')).toBe('changed')
  expect((await stat(join(source, 'a'))).mtime).toEqual(new Date('2021-01-01T00:00:00Z'))
  expect(await readFile(join(source, 'new/below/file'), 'utf8')).toBe('made')
  expect((await stat(join(source, 'new/below/file'))).mode & 0o777).toBe(0o750)
})

test('a change that leaves size and time as they were is seen', async ({ share }) => {
  const { source, arrived, run } = share
  await writeFile(join(arrived, 'a'), 'A of before')
  await utimes(join(arrived, 'a'), past, past)
  await run()
  expect(await readFile(join(source, 'a'), 'utf8')).toBe('A of before')
})

test('permissions alone are copied back, and nothing becomes set-uid', async ({ share }) => {
  const { source, arrived, run } = share
  await chmod(join(arrived, 'a'), 0o4755)
  await chmod(join(arrived, 'sub'), 0o700)
  await run()
  expect((await stat(join(source, 'a'))).mode & 0o7777).toBe(0o755)
  expect((await stat(join(source, 'sub'))).mode & 0o7777).toBe(0o700)
})

test('what only the host changed meanwhile stays', async ({ share }) => {
  const { source, run } = share
  await writeFile(join(source, 'a'), 'changed by the host')
  await rm(join(source, 'b'))
  await writeFile(join(source, 'later'), 'made by the host')
  await run()
  expect(await readFile(join(source, 'a'), 'utf8')).toBe('changed by the host')
  expect((await readdir(source)).toSorted()).toEqual(['a', 'later', 'link', 'sub'])
})

test('what the guest left in a folder that it removed is removed, and what the host put there stays', async ({
  share,
}) => {
  const { source, arrived, run } = share
  await rm(join(arrived, 'sub'), { recursive: true })
  await writeFile(join(source, 'sub', 'later'), 'made by the host')
  await run()
  expect(await readdir(join(source, 'sub'), { recursive: true })).toEqual(['later'])
})

test('what both sides changed is a conflict', async ({ share }) => {
  const { source, arrived, plan } = share
  await writeFile(join(arrived, 'a'), 'by the guest')
  await writeFile(join(source, 'a'), 'by the host')
  await rm(join(arrived, 'b'))
  await writeFile(join(source, 'b'), 'by the host')
  await writeFile(join(arrived, 'sub/c'), 'by the guest')
  await rm(join(source, 'sub/c'))
  await writeFile(join(arrived, 'new'), 'by the guest')
  await writeFile(join(source, 'new'), 'by the host')
  // The same on both sides is none.
  await writeFile(join(arrived, 'same'), 'same')
  await writeFile(join(source, 'same'), 'same')
  expect((await plan()).conflicts.toSorted()).toEqual(['a', 'b', 'new', 'sub/c'])
})

test('a folder in place of a file, and a file in place of a folder', async ({ share }) => {
  const { source, arrived, run } = share
  await rm(join(arrived, 'a'))
  await mkdir(join(arrived, 'a'))
  await writeFile(join(arrived, 'a', 'in'), 'inside')
  await rm(join(arrived, 'sub'), { recursive: true })
  await writeFile(join(arrived, 'sub'), 'a file now')
  await run()
  expect(await readFile(join(source, 'a', 'in'), 'utf8')).toBe('inside')
  expect(await readFile(join(source, 'sub'), 'utf8')).toBe('a file now')
})

test('links of the guest are left out, and what they took the place of stays', async ({ share, folder }) => {
  const { source, arrived, plan, run } = share
  await writeFile(join(folder, 'outside'), 'of the host')
  await symlink(join(folder, 'outside'), join(arrived, 'made'))
  await rm(join(arrived, 'b'))
  await symlink('/etc/shadow', join(arrived, 'b'))
  await rename(join(arrived, 'sub'), join(arrived, 'moved'))
  await symlink('moved', join(arrived, 'sub'))
  expect((await plan()).links).toEqual(['b', 'made', 'sub'])
  await run()
  expect((await readdir(source)).toSorted()).toEqual(['a', 'b', 'link', 'moved', 'sub'])
  expect(await readFile(join(source, 'b'), 'utf8')).toBe('b of before')
  expect(await readFile(join(source, 'sub/deep/d'), 'utf8')).toBe('sub/deep/d of before')
  expect(await readFile(join(source, 'moved/deep/d'), 'utf8')).toBe('sub/deep/d of before')
})

test('nothing is written through a link of the host', async ({ share, folder }) => {
  const { source, arrived } = share
  await mkdir(join(folder, 'outside'))
  await rm(join(source, 'link'))
  await symlink(join(folder, 'outside'), join(source, 'link'))
  await rm(join(arrived, 'link'))
  await mkdir(join(arrived, 'link'))
  await writeFile(join(arrived, 'link', 'file'), 'by the guest')
  const record = await recordShare(source)
  const planned = await planWriteBack(arrived, source, record)
  expect(planned.conflicts).toEqual([])
  await writeBack(arrived, source, planned)
  expect(await readdir(join(folder, 'outside'))).toEqual([])
  expect((await lstat(join(source, 'link'))).isDirectory()).toBe(true)
})

test('a link as the guest got it stays a link', async ({ share: { source, run } }) => {
  await run()
  expect(await readlink(join(source, 'link'))).toBe('a')
})

test('a write that fails leaves the file whole, and nothing beside it', async ({ share }) => {
  const { source, arrived, plan } = share
  await writeFile(join(arrived, 'a'), 'changed')
  const planned = await plan()
  await rm(join(arrived, 'a'))
  await expect(writeBack(arrived, source, planned)).rejects.toMatchObject({ code: 'ENOENT' })
  expect(await readFile(join(source, 'a'), 'utf8')).toBe('a of before')
  expect((await readdir(source)).toSorted()).toEqual(['a', 'b', 'link', 'sub'])
})

checkLeaks()
