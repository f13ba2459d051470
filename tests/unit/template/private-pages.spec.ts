import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { copyMemory } from '../../../src/template/copy-memory.ts'
import { findMapping, privateRuns } from '../../../src/template/private-pages.ts'
import { readWhole } from '../../../src/util/whole-io.ts'
import { test as inFolder } from '../test-in-folder.ts'

const compiler = process.env['CC'] ?? 'gcc'
const pageSize = 4096
const pages = 3000

// Maps a file as QEMU does its memory, reads all of it, and writes to the pages that are named: a letter, or a zero for "0".
const source = `
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int count, char **words) {
  struct stat found;
  int file = open(words[1], O_RDONLY);
  if (file < 0 || fstat(file, &found)) return 1;
  char *memory = mmap(0, found.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  if (memory == MAP_FAILED) return 2;
  volatile char sum = 0;
  for (long at = 0; at < found.st_size; at += 4096) sum += memory[at];
  for (int index = 2; index + 1 < count; index += 2)
    *(volatile char *)(memory + atol(words[index]) * 4096 + 17) = words[index + 1][0] == '0' ? 0 : words[index + 1][0];
  /* Halves of a mapping that have other rights are two lines in /proc. */
  if (mprotect(memory, 4096 * 1000, PROT_READ)) return 3;
  puts("ready");
  fflush(stdout);
  pause();
}
`

interface Mapped {
  readonly pid: number
  readonly path: string
}

const written = ['0', 'a', '1', 'b', '7', '0', '999', 'c', '1000', 'd', '1001', '0', '2999', 'e']

/** A process that has a file mapped, and wrote to some pages. */
const test = inFolder.extend<{ mapped: Mapped }>({
  mapped: async ({ folder }, use) => {
    const path = join(folder, 'memory of a machine')
    const file = Buffer.alloc(pages * pageSize)
    file.fill('f', 0, 100 * pageSize)
    await writeFile(path, file)
    await writeFile(join(folder, 'mapper.c'), source)
    execFileSync(compiler, ['-o', join(folder, 'mapper'), join(folder, 'mapper.c')])
    const child: ChildProcess = spawn(join(folder, 'mapper'), [path, ...written], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      if (child.stdout) await once(child.stdout, 'data')
      await use({ pid: child.pid ?? 0, path })
    } finally {
      child.kill('SIGKILL')
    }
  },
})

test.beforeEach(() => {
  test.skip(spawnSync(compiler, ['--version']).status !== 0, `the program "${compiler}" is not installed`)
})

test('findMapping() finds all of a file, in however many parts it is mapped', async ({ mapped, folder }) => {
  const { address, length } = await findMapping(mapped.pid, mapped.path)
  expect(length).toBe(pages * pageSize)
  expect(address % pageSize).toBe(0)
  const lines = (await readFile(`/proc/${mapped.pid}/maps`, 'utf8')).split('\n')
  expect(lines.filter((line) => line.includes(mapped.path)).length).toBeGreaterThan(1)
  await expect(findMapping(mapped.pid, join(folder, 'mapper.c'))).rejects.toThrow('Cannot find "')
})

test('findMapping() finds a file by a link to it, as maps have its real name', async ({ mapped }) => {
  const link = `${mapped.path}-link`
  await symlink(mapped.path, link)
  expect(await findMapping(mapped.pid, link)).toEqual(await findMapping(mapped.pid, mapped.path))
})

test('privateRuns() names the pages that were written to, and none that were only read', async ({
  mapped,
}) => {
  const runs = await privateRuns(mapped.pid, await findMapping(mapped.pid, mapped.path))
  const touched = [
    [0, 2],
    [7, 1],
    [999, 3],
    [2999, 1],
  ] as const
  expect(runs).toEqual(
    touched.map(([page, count]) => ({ offset: page * pageSize, length: count * pageSize })),
  )
})

test('copyMemory() copies what was written, and leaves holes where that is zeros', async ({
  mapped,
  folder,
}) => {
  const mapping = await findMapping(mapped.pid, mapped.path)
  const runs = await privateRuns(mapped.pid, mapping)
  const copies = [false, true].map(async (sparse) => {
    const path = join(folder, `copy ${sparse}`)
    await writeFile(path, '')
    await truncate(path, mapping.length)
    await using target = await open(path, 'r+')
    const bytes = await copyMemory(mapped.pid, mapping, runs, target, { sparse })
    return { bytes, copy: await readFile(path), blocks: (await stat(path)).blocks }
  })
  const wanted = Buffer.alloc(mapping.length)
  // Pages of the file keep the rest of their bytes.
  for (const page of [0, 1, 7]) wanted.fill('f', page * pageSize, (page + 1) * pageSize)
  for (const [page, letter] of Object.entries({ 0: 'a', 1: 'b', 7: '\0', 999: 'c', 1000: 'd', 2999: 'e' })) {
    wanted.write(letter, Number(page) * pageSize + 17)
  }
  const [whole, sparse] = await Promise.all(copies)
  expect(whole?.copy.equals(wanted)).toBe(true)
  expect(sparse?.copy.equals(wanted)).toBe(true)
  expect([whole?.bytes, sparse?.bytes]).toEqual([7 * pageSize, 6 * pageSize])
})

test('copyMemory() replaces what the parent had, zeros among it, where the file is not all holes', async ({
  mapped,
  folder,
}) => {
  const mapping = await findMapping(mapped.pid, mapped.path)
  const path = join(folder, 'copy')
  await writeFile(path, Buffer.alloc(mapping.length, 'p'))
  await using target = await open(path, 'r+')
  await copyMemory(mapped.pid, mapping, [{ offset: 1001 * pageSize, length: pageSize }], target, {
    sparse: false,
  })
  const copy = await readFile(path)
  expect(copy.subarray(1001 * pageSize, 1002 * pageSize).equals(Buffer.alloc(pageSize))).toBe(true)
  expect(copy[1002 * pageSize]).toBe('p'.charCodeAt(0))
})

test('readWhole() fills a buffer, or says where the file ends', async ({ folder }) => {
  const path = join(folder, 'file')
  await writeFile(path, '0123456789')
  await using file = await open(path)
  const buffer = Buffer.alloc(4)
  await readWhole(file, buffer, 6)
  expect(buffer.toString()).toBe('6789')
  await expect(readWhole(file, buffer, 8)).rejects.toThrow('Cannot read 4 bytes at 8: the file ends at 10')
})

checkLeaks()
