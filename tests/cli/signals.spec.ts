import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect, test } from '@playwright/test'

import { tryLockFile } from '../../src/util/file-lock.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { ownCache } from '../fixtures/own-cache.ts'
import { seeded } from '../fixtures/seeded.ts'
import { finish, fledge, image, prepareImage, startFledge } from './run-fledge.ts'
import { testProject, type TestProject } from './test-project.ts'

prepareImage()

/** What is interrupted, in this order. A bake, of a memory size that is not there, is long, and so is rare. */
const kinds = ['exec', 'test', 'exec', 'exec', 'bake', 'test', 'exec', 'exec', 'test', 'bake'] as const
type Kind = (typeof kinds)[number]

/** The exit codes that the signals lead to. */
const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGKILL: null } as const
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const

const all = Boolean(process.env['FLEDGE_TEST_ALL'])
const rounds = all ? 100 : 10
const odd = ['--memory', '260M'] as const

const testFile = `
import { test } from 'fledge/test'
test('one', async ({ vm }) => { await vm.succeed('sleep 0.5') })
test('another', async ({ vm }) => { await vm.succeed('sleep 0.5') })
`

test(`nothing is left of commands that end by a signal at any moment, and the next one works`, async () => {
  test.setTimeout(0)
  const random = seeded()
  process.stdout.write(`FLEDGE_TEST_SEED=${random.seed} repeats the moments of this test\n`)
  await using cache = await ownCache('template')
  await using project = await testProject({ 'two.spec.ts': testFile })
  await using scratch = await scratchFolder()
  const lifeMs = { exec: 0, test: 0, bake: all ? 60_000 : 15_000 }
  for (const kind of ['exec', 'test'] as const) {
    // The first one notes the times of the files that were copied.
    for (const _ of [1, 2]) lifeMs[kind] = await undisturbed(kind, project)
  }
  for (let round = 0; round < rounds; round++) {
    const kind = kinds[round % kinds.length] as Kind
    const signal = random.one(signals)
    const momentMs = random.number() * lifeMs[kind]
    await test.step(`${kind}: ${signal} after ${Math.round(momentMs)} ms`, async () => {
      const { child, ended } = start(kind, project)
      const waiting = new AbortController()
      await Promise.race([sleep(momentMs, undefined, { signal: waiting.signal }), ended])
      waiting.abort()
      child.kill(signal)
      const code = await ended
      // Who is hit before it listens, or after all is done, ends as any program.
      const codes = [exitCodes[signal], child.signalCode === signal ? null : 0]
      expect(codes, `exit code ${code}, signal ${child.signalCode}`).toContain(code)
      await expectNothingLeft(cache.folder, project.folder, scratch.folder)
    })
  }
  for (const kind of ['exec', 'test'] as const) await undisturbed(kind, project)
  await rebake(cache.folder)
  await expectNothingLeft(cache.folder, project.folder, scratch.folder)
  expect(await unfinishedIn(cache.folder)).toEqual([])
})

function start(
  kind: Kind,
  project: TestProject,
): { child: ReturnType<typeof startFledge>; ended: Promise<number | null> } {
  if (kind === 'test') {
    const run = project.start('--reporter', 'list', '--workers', '1')
    return { child: run.process, ended: run.finished.then(({ exitCode }) => exitCode) }
  }
  const child = startFledge(['exec', image, ...(kind === 'bake' ? odd : []), '--', 'sleep', '0.5'])
  child.stdin?.end()
  return { child, ended: finish(child).then(({ code }) => code) }
}

/** Runs a command to its end, and gives how long it took. */
async function undisturbed(kind: Kind, project: TestProject): Promise<number> {
  const begin = performance.now()
  expect(await start(kind, project).ended).toBe(0)
  return performance.now() - begin
}

/** Bakes what was interrupted before: to its end, or until it is clear that it works. */
async function rebake(cache: string): Promise<void> {
  if (all) {
    expect(await fledge(['exec', image, ...odd, '--', 'true'])).toMatchObject({ code: 0 })
    return
  }
  const child = startFledge(['exec', image, ...odd, '--', 'true'])
  let said = ''
  child.stderr?.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const ended = finish(child)
  await expect.poll(() => said, { timeout: 300_000 }).toContain('waiting for systemd')
  // Its own; what the killed ones had begun is swept away.
  expect(await unfinishedIn(cache)).toHaveLength(1)
  child.kill('SIGINT')
  expect((await ended).code).toBe(130)
}

/** No process, no lock that is held, no overlay, no temporary file. */
async function expectNothingLeft(cache: string, project: string, scratch: string): Promise<void> {
  await expect.poll(() => processesOn(cache, project), { timeout: 30_000 }).toEqual([])
  for (const stage of ['images', 'prepared', 'templates']) {
    for (const name of (await readdir(join(cache, stage))).filter((each) => each.endsWith('.lock'))) {
      await using lock = await tryLockFile(join(cache, stage, name))
      expect(lock, `the lock ${name}`).toBeDefined()
    }
  }
  expect(await readdir(join(cache, 'overlays'))).toEqual([])
  // Playwright and Node keep what they compiled.
  const theirs = /^(playwright|node-compile-cache)/
  expect((await readdir(scratch)).filter((name) => !theirs.test(name))).toEqual([])
}

async function processesOn(...folders: readonly string[]): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')))
  return lines
    .filter((line) => folders.some((folder) => line.includes(folder)))
    .map((line) => line.slice(0, 200))
}

async function unfinishedIn(cache: string): Promise<string[]> {
  const names = await readdir(cache, { recursive: true })
  return names.filter((name) => /(^|\/)\.partial-[^/]*$|\.partial$/.test(name))
}

/** The folder of temporary files of all that is started, empty. */
async function scratchFolder(): Promise<AsyncDisposable & { readonly folder: string }> {
  const before = process.env['TMPDIR']
  const folder = await mkdtemp(join(tmpdir(), 'fledge-scratch-'))
  process.env['TMPDIR'] = folder
  return {
    folder,
    [Symbol.asyncDispose]: async () => {
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
      await rm(folder, { recursive: true })
    },
  }
}

checkLeaks()
