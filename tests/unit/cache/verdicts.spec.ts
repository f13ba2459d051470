import { createHash } from 'node:crypto'
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { listCache, pruneCache, removeFromCache, verifyCache } from '../../../src/index.ts'
import { shownPart, verdictKey } from '../../../src/sandbox/verdict/part.ts'
import { verdictPlace } from '../../../src/sandbox/verdict/verdict-place.ts'
import { verdictNames, VerdictStore } from '../../../src/sandbox/verdict/verdict-store.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { test } from '../test-in-folder.ts'

const days = 86_400_000

/** Keeps a verdict as a run does, and gives the names of its files. */
async function keep(cache: string, name: string): Promise<{ entry: string; evidence: string }> {
  const piece = join(cache, `${name}.piece`)
  await mkdir(cache, { recursive: true })
  await writeFile(piece, name)
  await using store = await VerdictStore.open(verdictPlace(undefined, {}), new AbortController().signal)
  const parts = [shownPart('option', 'name', name)]
  const key = verdictKey('a', parts)
  const made = new Date().toISOString()
  const { evidence } = await store.keep(
    { version: 1, key, file: 'a', made, parts, launches: [], tests: [] },
    piece,
  )
  return { entry: verdictNames.entry(key), evidence: verdictNames.evidence(evidence.digest) }
}

async function makeOld(folder: string, ...names: readonly string[]): Promise<void> {
  const old = new Date(Date.now() - 40 * days)
  for (const name of names) await utimes(join(folder, name), old, old)
}

test('the cache has one entry for all verdicts, and none where there are none', async ({ cache }) => {
  expect(await listCache()).toEqual([])
  for (const name of ['one', 'two']) await keep(cache, name)
  const [entry, ...more] = await listCache()
  expect(more).toEqual([])
  expect(entry).toMatchObject({
    kind: 'verdict',
    name: 'verdicts',
    count: 2,
    folder: join(cache, 'verdicts'),
  })
  expect(entry?.bytes).toBeGreaterThan(0)
})

test('pruning removes verdicts that no run asks for, with their evidence, and evidence of none', async ({
  cache,
}) => {
  const folder = join(cache, 'verdicts')
  const [fresh, old, asked] = [
    await keep(cache, 'fresh'),
    await keep(cache, 'old'),
    await keep(cache, 'asked'),
  ]
  const content = createHash('sha256').update('of none').digest('hex')
  const orphan = verdictNames.evidence(content)
  for (const name of [orphan, 'evidence-young.zip', '.partial-verdict-x'])
    await writeFile(join(folder, name), 'of none')
  await makeOld(folder, old.entry, old.evidence, asked.entry, asked.evidence, orphan, '.partial-verdict-x')
  // A run that asks for a verdict notes that.
  await using store = await VerdictStore.open(verdictPlace(undefined, {}), new AbortController().signal)
  expect(await store.find(asked.entry.slice('verdict-'.length, -'.json'.length))).toBeDefined()

  const before = await readdir(folder)
  expect((await pruneCache({ dryRun: true })).removed).toHaveLength(1)
  expect(await readdir(folder)).toEqual(before)
  const { removed, freedBytes } = await pruneCache()
  expect(removed).toMatchObject([
    { entry: { name: 'verdicts', count: 1 }, reason: 'no run has asked for 1 of them for that long' },
  ])
  expect(freedBytes).toBeGreaterThan(0)
  const kept = [fresh.entry, fresh.evidence, asked.entry, asked.evidence, 'evidence-young.zip']
  expect((await readdir(folder)).toSorted()).toEqual(kept.toSorted())
  expect((await pruneCache()).removed).toEqual([])
  await makeOld(folder, fresh.entry, fresh.evidence)
  expect((await pruneCache({ olderThanMs: 41 * days })).removed).toEqual([])
})

test('verifying finds evidence that is not what was written, and all can be removed', async ({ cache }) => {
  const { evidence } = await keep(cache, 'one')
  expect(await verifyCache()).toMatchObject([{ entry: { name: 'verdicts' }, broken: [] }])
  await writeFile(join(cache, 'verdicts', evidence), 'two')
  expect(await verifyCache()).toMatchObject([{ broken: [evidence] }])
  expect(await removeFromCache(['verdicts'])).toMatchObject([{ kind: 'verdict' }])
  expect(await listCache()).toEqual([])
})

checkLeaks()
