import { execFileSync } from 'node:child_process'
import { copyFile, open, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { holdsTheSame, looksTheSame, recordFile } from '../../../src/util/file-record.ts'
import { test as inFolder } from '../test-in-folder.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'

const mebibyte = 2 ** 20

async function put(path: string, position: number, bytes: string): Promise<void> {
  await using file = await open(path, 'r+')
  await file.write(bytes, position)
}

/** A sparse file of 40 MiB and a bit, with little in it. */
const test = inFolder.extend<{ path: string }>({
  path: async ({ folder }, use) => {
    const path = join(folder, 'memory')
    await writeFile(path, '')
    await truncate(path, 40 * mebibyte + 100)
    await put(path, 5_000, 'first')
    await put(path, 30 * mebibyte, 'x'.repeat(10_000))
    await put(path, 40 * mebibyte + 90, 'the end')
    await use(path)
  },
})

test('a file that nobody touched looks and is the same', async ({ path }) => {
  const record = await recordFile(path)
  expect(record.digest).toMatch(/^[0-9a-f]{64}$/)
  expect(await recordFile(path)).toEqual(record)
  expect([await looksTheSame(path, record), await holdsTheSame(path, record)]).toEqual([true, true])
})

test('a copy looks different and holds the same, wherever its holes are', async ({ path, folder }) => {
  const record = await recordFile(path)
  for (const sparse of ['always', 'never']) {
    const copy = join(folder, sparse)
    execFileSync('cp', ['--preserve=all', `--sparse=${sparse}`, path, copy])
    expect([await looksTheSame(copy, record), await holdsTheSame(copy, record)]).toEqual([false, true])
  }
})

for (const [what, change] of [
  ['a byte more in data', (path: string) => put(path, 5_002, 'R')],
  ['a byte in a hole', (path: string) => put(path, 20 * mebibyte, '!')],
  ['a byte in the last page', (path: string) => put(path, 40 * mebibyte + 99, '.')],
  ['zeros in place of data', (path: string) => put(path, 5_000, '\0\0\0\0\0')],
  ['an end that was cut off', (path: string) => truncate(path, 40 * mebibyte)],
  ['a hole at the end', (path: string) => truncate(path, 41 * mebibyte)],
  ['no file', (path: string) => rm(path)],
] as const) {
  test(`holdsTheSame() finds ${what}`, async ({ path }) => {
    const record = await recordFile(path)
    await change(path)
    expect([await looksTheSame(path, record), await holdsTheSame(path, record)]).toEqual([false, false])
  })
}

test('holdsTheSame() finds data that moved', async ({ folder }) => {
  const [one, two] = ['one', 'two'].map((name) => join(folder, name)) as [string, string]
  await writeFile(one, Buffer.concat([Buffer.alloc(4096), Buffer.alloc(4096, 'a'), Buffer.alloc(8192)]))
  await writeFile(two, Buffer.concat([Buffer.alloc(8192), Buffer.alloc(4096, 'a'), Buffer.alloc(4096)]))
  expect(await holdsTheSame(two, await recordFile(one))).toBe(false)
})

test('looksTheSame() finds a file that was put in place of another, times and all', async ({
  path,
  folder,
}) => {
  await utimes(path, 1000, 1000)
  const record = await recordFile(path)
  const other = join(folder, 'other')
  await copyFile(path, other)
  await utimes(other, 1000, 1000)
  await rename(other, path)
  expect(await looksTheSame(path, record)).toBe(false)
})

test('recordFile() takes an empty file, and one that is one hole', async ({ folder }) => {
  const path = join(folder, 'empty')
  await writeFile(path, '')
  const { digest } = await recordFile(path)
  await truncate(path, 10 * mebibyte)
  expect(await recordFile(path)).toMatchObject({ size: 10 * mebibyte, digest })
})

test('recordFile() works on a file system that cannot tell where holes are', async ({ path }) => {
  const { digest } = await recordFile(path)
  const elsewhere = `/dev/shm/fledge-unit-${process.pid}`
  try {
    execFileSync('cp', ['--sparse=always', path, elsewhere])
    expect(await recordFile(elsewhere)).toMatchObject({ digest })
  } finally {
    await rm(elsewhere, { force: true })
  }
})

checkLeaks()
