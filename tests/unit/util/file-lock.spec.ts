import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { lockFile, tryLockFile } from '../../../src/util/file-lock.ts'
import { compileLibrary } from '../compiled-library.ts'
import { test } from '../test-in-folder.ts'

const firstLine = async (child: ChildProcess): Promise<unknown> =>
  (await once(createInterface(child.stdout as Readable), 'line'))[0]

test('lockFile() makes the file and its folder, and is free again when disposed of', async ({ folder }) => {
  const path = join(folder, 'a', 'b.lock')
  {
    await using lock = await lockFile(path)
    expect(lock.waited).toBe(false)
    expect(existsSync(path)).toBe(true)
    expect(await tryLockFile(path)).toBeUndefined()
  }
  await using again = await tryLockFile(path)
  expect(again).toMatchObject({ waited: false })
})

test('lockFile() lets one at a time in, and says who had to wait', async ({ folder }) => {
  const path = join(folder, 'lock')
  let inside = 0
  let waits = 0
  const waited = await Promise.all(
    Array.from({ length: 5 }, async () => {
      await using lock = await lockFile(path, { onWait: () => waits++ })
      expect(++inside).toBe(1)
      await sleep(20)
      inside--
      return lock.waited
    }),
  )
  expect(waited.filter(Boolean).length).toBe(waits)
  expect(waits).toBeGreaterThan(0)
})

test('lockFile() waits for another process, and gets the lock when that is killed', async ({ folder }) => {
  await using library = await compileLibrary()
  const path = join(folder, 'lock')
  const script = `
    const { lockFile } = await library('util/file-lock.js')
    globalThis.lock = await lockFile(process.argv[1])
    console.log('locked')
    setInterval(() => {}, 1000)`
  const holder = library.run(script, path)
  expect(await firstLine(holder)).toBe('locked')
  let told = 0
  const waiting = lockFile(path, { onWait: () => told++ })
  await expect.poll(() => told).toBe(1)
  holder.kill('SIGKILL')
  await using lock = await waiting
  expect(lock.waited).toBe(true)
  expect(told).toBe(1)
})

test('a lock that is never disposed of keeps no process from its end, and is free then', async ({
  folder,
}) => {
  await using library = await compileLibrary()
  const path = join(folder, 'lock')
  const script = `
    const { lockFile } = await library('util/file-lock.js')
    globalThis.lock = await lockFile(process.argv[1])
    console.log('locked')`
  const holder = library.run(script, path)
  const timer = setTimeout(() => holder.kill('SIGKILL'), 5_000)
  expect(await once(holder, 'exit')).toEqual([0, null])
  clearTimeout(timer)
  await using lock = await lockFile(path)
  expect(lock).toBeDefined()
})

test('lockFile() stops waiting when it is aborted, and leaves nothing that waits', async ({ folder }) => {
  const path = join(folder, 'lock')
  const controller = new AbortController()
  {
    await using held = await lockFile(path)
    expect(held.waited).toBe(false)
    const waiting = lockFile(path, {
      signal: controller.signal,
      onWait: () => controller.abort(new Error('enough')),
    })
    await expect(waiting).rejects.toThrow('enough')
    const late = new AbortController()
    const slow = lockFile(path, { signal: late.signal })
    await expect.poll(() => waitersOf(path)).toBe(1)
    late.abort(new Error('much later'))
    await expect(slow).rejects.toThrow('much later')
    await expect(lockFile(path, { signal: controller.signal })).rejects.toThrow('enough')
  }
  await using next = await lockFile(path)
  expect(next.waited).toBe(false)
})

test('a lock whose file is deleted under it is taken anew by who waits', async ({ folder }) => {
  const path = join(folder, 'lock')
  const first = await lockFile(path)
  const second = lockFile(path)
  await expect.poll(() => waitersOf(path)).toBe(1)
  // The holder of the lock may delete it; a third one then locks a new file of that name.
  await rm(path)
  const third = await lockFile(path)
  await first[Symbol.asyncDispose]()
  const early = await Promise.race([second.then(() => 'both'), sleep(300, 'one')])
  expect(early).toBe('one')
  await third[Symbol.asyncDispose]()
  await using last = await second
  expect(last.waited).toBe(true)
  expect(await tryLockFile(path)).toBeUndefined()
})

/** How many processes wait for a lock on a file, as `flock` of a shell sees it. */
async function waitersOf(path: string): Promise<number> {
  const child = spawn('sh', [
    '-c',
    'grep -- "-> FLOCK" /proc/locks | grep -c ":$(stat -c %i "$1") "',
    'sh',
    path,
  ])
  return Number(await firstLine(child))
}

test('lockFile() says how to get flock', async ({ folder }) => {
  const before = process.env['PATH']
  process.env['PATH'] = folder
  try {
    await expect(lockFile(join(folder, 'lock'))).rejects.toMatchObject({
      code: 'ERR_FLEDGE_TOOL_MISSING',
      hint: expect.stringContaining('apt-get install util-linux'),
    })
  } finally {
    process.env['PATH'] = before
  }
})

test('lockFile() tells why a file cannot be locked', async () => {
  await expect(lockFile(join('/proc', 'lock'))).rejects.toThrow('Cannot lock "/proc/lock": flock:')
})

checkLeaks()
