import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { mount, whyNoMounts } from '../fixtures/mount.ts'
import { ownCache } from '../fixtures/own-cache.ts'
import { fledge, image, prepareImage } from './run-fledge.ts'
import { checkLeaks } from '../fixtures/leaks.ts'

prepareImage()

const unable = whyNoMounts()
const gone = '/nonexistent/for-fledge'

/** Runs a command with a limit of open files. */
function withFiles(files: number): ReturnType<typeof fledge> {
  return fledge(['exec', image, '--', 'true'], { under: ['prlimit', `--nofile=${files}`, '--'] })
}

test('exec needs no more than 128 open files, and says with fewer what to do', async () => {
  expect(await withFiles(128)).toMatchObject({ code: 0, stderr: '' })
  for (const files of [64, 30]) {
    const { code, stderr } = await withFiles(files)
    expect(code).toBe(1)
    expect(stderr).toMatch(
      new RegExp(`^fledge: Cannot run with at most ${files} open files\n.*"ulimit -n 128"\n$`),
    )
  }
})

test('exec needs no /dev/shm', async () => {
  test.skip(unable !== undefined, unable ?? '')
  const script = 'mount -t tmpfs -o ro,mode=0 none /dev/shm && exec "$@"'
  const under = ['unshare', '--mount', 'sh', '-c', script, 'sh']
  expect(await fledge(['exec', image, '--', 'true'], { under })).toMatchObject({ code: 0, stderr: '' })
})

test('exec needs no TMPDIR', async () => {
  const env = { TMPDIR: gone }
  expect(await fledge(['exec', image, '--', 'true'], { env })).toMatchObject({ code: 0, stderr: '' })
})

test('exec says which folder to make when a cache cannot be written, and TMPDIR is not there', async () => {
  test.skip(unable !== undefined, unable ?? '')
  await using cache = await ownCache('template')
  using _ = mount(cache.folder, '-o', 'bind,ro', cache.folder)
  const { code, stderr } = await fledge(['exec', image, '--', 'true'], { env: { TMPDIR: gone } })
  expect(code).toBe(2)
  expect(stderr).toContain(`fledge: Cannot put temporary files into "${gone}"`)
  expect(stderr).toContain(`mkdir -p '${gone}'`)
})

test('a build says which folder to make when TMPDIR is not there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-cli-'))
  try {
    const env = { TMPDIR: gone, FLEDGE_CACHE: folder }
    const { code, stderr } = await fledge(['exec', image, '--', 'true'], { env })
    expect(code).toBe(2)
    expect(stderr).toContain(`mkdir -p '${gone}'`)
    expect((await readdir(join(folder, 'images'))).filter((name) => !name.endsWith('.lock'))).toEqual([])
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('time limits hold while the clock of the host is set forward and back', async () => {
  const env = { NODE_OPTIONS: `--import=${join(import.meta.dirname, '../fixtures/programs/step-clock.mjs')}` }
  const run = (limit: string, ...line: string[]): ReturnType<typeof fledge> =>
    fledge(['exec', image, '--timeout', limit, '--', ...line], { env })
  const ended = await run('200', 'sh', '-c', 'sleep 2; echo done')
  expect({ code: ended.code, stdout: ended.stdout.toString() }).toEqual({ code: 0, stdout: 'done\n' })
  expect(await run('2', 'sleep', '600')).toMatchObject({ code: 124 })
})

checkLeaks()
