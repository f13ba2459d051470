import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import type { NoticeMessage } from '../../../../src/index.ts'
import { shownPart, verdictKey } from '../../../../src/sandbox/verdict/part.ts'
import { signText } from '../../../../src/sandbox/verdict/signed-text.ts'
import type { VerdictEntry } from '../../../../src/sandbox/verdict/verdict-entry.ts'
import { type VerdictPlace, verdictPlace } from '../../../../src/sandbox/verdict/verdict-place.ts'
import { verdictNames, VerdictStore } from '../../../../src/sandbox/verdict/verdict-store.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'
import { test as base } from '../../test-in-folder.ts'
import { type PutServer, putServer } from './put-server.ts'

const secret = 'a key that everybody here knows'

/** Tests with a server, and with the notices that were given. */
const test = base.extend<{ server: PutServer; notices: string[] }>({
  server: async ({}, use) => {
    await using server = await putServer()
    await use(server)
  },
  notices: [
    async ({}, use) => {
      const notices: string[] = []
      const listen = (message: unknown): void => void notices.push((message as NoticeMessage).message)
      subscribe('fledge:notice', listen)
      await use(notices)
      unsubscribe('fledge:notice', listen)
    },
    { auto: true },
  ],
})

function verdict(name: string): Omit<VerdictEntry, 'evidence'> {
  const parts = [shownPart('option', 'about', name)]
  return {
    version: 1,
    key: verdictKey('a.spec.ts', parts),
    file: 'a.spec.ts',
    made: '2026-11-29T14:00:00.000Z',
    parts,
    launches: [],
    tests: [],
  }
}

const { signal } = new AbortController()

function open(place: Partial<VerdictPlace> & { place: string }): Promise<VerdictStore> {
  const isServer = place.place.startsWith('http')
  return VerdictStore.open({ isServer, writes: true, ...place }, signal)
}

async function evidenceIn(folder: string): Promise<string> {
  const path = join(folder, 'piece.zip')
  await writeFile(path, `evidence in ${folder}`)
  return path
}

for (const where of ['a folder', 'a server']) {
  test(`a verdict and its evidence are kept in ${where}, and found there by others with the key`, async ({
    folder,
    server,
    notices,
  }) => {
    const place = where === 'a folder' ? join(folder, 'verdicts') : server.url
    const piece = await evidenceIn(folder)
    const about = verdict(where)
    const kept = await (async () => {
      await using store = await open({ place, key: secret })
      expect(await store.find(about.key)).toBeUndefined()
      return await store.keep(about, piece)
    })()
    await using store = await open({ place, key: secret })
    const found = await store.find(about.key)
    expect(found).toEqual({ ...about, evidence: kept.evidence })
    const path = (await store.evidence(kept)) ?? ''
    expect(await readFile(path, 'utf8')).toBe(await readFile(piece, 'utf8'))
    expect(notices).toEqual([])
  })
}

test('a server is asked by GET and PUT only, below its address, with the user of the address', async ({
  folder,
  server,
}) => {
  const about = verdict('plain')
  const place = server.url.replace('//', '//some%40one:pass%3Aword@')
  await using store = await open({ place: `${place}/?token=x`, key: secret })
  await store.find(about.key)
  const { evidence } = await store.keep(about, await evidenceIn(folder))
  const entry = `/verdicts/${verdictNames.entry(about.key)}?token=x`
  expect(server.asked).toEqual([
    `GET ${entry}`,
    `PUT /verdicts/${verdictNames.evidence(evidence.digest)}?token=x`,
    `PUT ${entry}`,
  ])
  const authorization = `Basic ${Buffer.from('some@one:pass:word').toString('base64')}`
  expect(server.headers.map((each) => each.authorization)).toEqual([
    authorization,
    authorization,
    authorization,
  ])
})

/** What somebody without the key may do to a verdict in the store. */
const forgeries: Readonly<Record<string, (file: string, entry: VerdictEntry) => string>> = {
  'that is not signed': (_, entry) => signText(JSON.stringify(entry), undefined),
  'that another key has signed': (_, entry) => signText(JSON.stringify(entry), 'a key of somebody else'),
  'that was altered': (file) => file.replace('14:00', '15:00'),
  'whose signature was altered': (file) => file.replace(/hmac-sha256:./, 'hmac-sha256:x'),
  'whose signature was cut off': (file) => file.replace(/hmac-sha256:[^"]+/, ''),
  'that is no verdict': () => '<html>welcome</html>',
}

for (const [what, forge] of Object.entries(forgeries)) {
  test(`a verdict ${what} is refused, and said to be`, async ({ folder, notices }) => {
    const place = join(folder, 'verdicts')
    const about = verdict(what)
    await using store = await open({ place, key: secret })
    const entry = await store.keep(about, await evidenceIn(folder))
    expect(await store.find(about.key)).toEqual(entry)
    const path = join(place, verdictNames.entry(about.key))
    const forged = forge(await readFile(path, 'utf8'), entry)
    expect(forged).not.toBe(await readFile(path, 'utf8'))
    await writeFile(path, forged)
    expect(await store.find(about.key)).toBeUndefined()
    expect(notices).toEqual([expect.stringMatching(/^"verdict-.*" in ".*" is refused, it/)])
  })
}

test('the verdict of one thing is not taken for that of another, even though it is signed', async ({
  folder,
  notices,
}) => {
  const place = join(folder, 'verdicts')
  const [one, other] = [verdict('one'), verdict('other')]
  await using store = await open({ place, key: secret })
  await store.keep(one, await evidenceIn(folder))
  await rename(join(place, verdictNames.entry(one.key)), join(place, verdictNames.entry(other.key)))
  expect(await store.find(other.key)).toBeUndefined()
  expect(notices).toEqual([expect.stringContaining('it is of something else')])
})

test('evidence that was altered is refused, and evidence that is gone is none', async ({
  folder,
  notices,
}) => {
  const place = join(folder, 'verdicts')
  await using store = await open({ place })
  const entry = await store.keep(verdict('evidence'), await evidenceIn(folder))
  const path = join(place, verdictNames.evidence(entry.evidence.digest))
  await writeFile(path, (await readFile(path, 'utf8')).replace('evidence', 'EVIDENCE'))
  expect(await store.evidence(entry)).toBeUndefined()
  expect(notices).toEqual([expect.stringContaining('is refused, it is not what was remembered')])
  await rm(path)
  expect(await store.evidence(entry)).toBeUndefined()
  expect(notices).toHaveLength(1)
})

test('a place that is only read is not written', async ({ folder, server }) => {
  await using store = await open({ place: server.url, key: secret, writes: false })
  await store.keep(verdict('read only'), await evidenceIn(folder))
  expect(server.asked).toEqual([])
})

test('a server that cannot be reached is said once, and not asked again', async ({ folder, notices }) => {
  const gone = await (async () => {
    await using server = await putServer()
    return server.url
  })()
  await using store = await open({ place: gone, key: secret })
  for (const name of ['a', 'b', 'c']) expect(await store.find(verdict(name).key)).toBeUndefined()
  await store.keep(verdict('d'), await evidenceIn(folder))
  expect(notices).toEqual([expect.stringMatching(/^verdicts in ".*" cannot be read \(.*\): all tests run$/)])
})

test('a server that refuses is said once; one that takes nothing is read all the same', async ({
  folder,
  server,
  notices,
}) => {
  await using store = await open({ place: server.url, key: secret })
  const piece = await evidenceIn(folder)
  const entry = await store.keep(verdict('before'), piece)
  server.status = 405
  await store.keep(verdict('a'), piece)
  await store.keep(verdict('b'), piece)
  expect(notices).toEqual([
    expect.stringContaining('cannot be written (the server answers 405 to PUT): what ran is not'),
  ])
  server.status = undefined
  expect(await store.find(entry.key)).toEqual(entry)
  server.status = 403
  expect(await store.find(entry.key)).toBeUndefined()
  expect(await store.find(entry.key)).toBeUndefined()
  expect(notices).toHaveLength(2)
  expect(notices[1]).toContain('cannot be read (the server answers 403)')
})

test('a folder is left without half-written files, and one that cannot be made is said', async ({
  folder,
  notices,
}) => {
  const place = join(folder, 'verdicts')
  const piece = await evidenceIn(folder)
  {
    await using store = await open({ place })
    await Promise.all(['a', 'b', 'a'].map((name) => store.keep(verdict(name), piece)))
    await expect(store.keep(verdict('c'), join(folder, 'none.zip'))).rejects.toThrow('ENOENT')
  }
  expect((await readdir(place)).map((name) => name.slice(0, 8)).toSorted()).toEqual([
    'evidence',
    'verdict-',
    'verdict-',
  ])
  await using below = await open({ place: join(piece, 'below') })
  await below.keep(verdict('a'), piece)
  expect(notices).toEqual([expect.stringContaining('cannot be written')])
})

test('the place of verdicts is an option, a variable, or a folder in the cache', ({ cache, folder }) => {
  expect(verdictPlace(undefined, {})).toEqual({
    place: join(cache, 'verdicts'),
    isServer: false,
    writes: true,
  })
  const env = { FLEDGE_VERDICTS: folder, FLEDGE_VERDICTS_MODE: 'read', FLEDGE_VERDICTS_KEY: secret }
  expect(verdictPlace(undefined, env)).toEqual({ place: folder, isServer: false, writes: false, key: secret })
  expect(verdictPlace('https://example.org/x', env)).toEqual({
    place: 'https://example.org/x',
    isServer: true,
    writes: false,
    key: secret,
  })
})

for (const [what, [place, env, says]] of Object.entries({
  'a server without a key': [
    'https://example.org/',
    {},
    'verdicts of a server without a key: nobody vouches',
  ],
  'another scheme': [
    's3://bucket',
    {},
    'the place of verdicts "s3://bucket": it must be a folder, or an address',
  ],
  nothing: ['', {}, 'the place of verdicts "": it must be'],
  'an address that is none': ['https://', { FLEDGE_VERDICTS_KEY: secret }, 'it is no address'],
  'an unknown mode': [
    undefined,
    { FLEDGE_VERDICTS_MODE: 'write' },
    'FLEDGE_VERDICTS_MODE "write": it must be "read" or',
  ],
  'a short key': [undefined, { FLEDGE_VERDICTS_KEY: 'short' }, 'FLEDGE_VERDICTS_KEY: it has 5 characters'],
} satisfies Record<string, [string | undefined, NodeJS.ProcessEnv, string]>)) {
  test(`${what} is refused as the place of verdicts`, () => {
    expect(() => verdictPlace(place, env)).toThrow(says)
  })
}

checkLeaks()
