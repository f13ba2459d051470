import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test as base } from '@playwright/test'

import { checkLeaks } from '../../../fixtures/leaks.ts'
import { type Builds, formatBuilds } from '../../../../src/image/catalog/builds.ts'
import type { CatalogEntry } from '../../../../src/image/catalog/catalog-entry.ts'
import { updateImages } from '../../../../src/image/catalog/updates/update-images.ts'
import { localWeb, type Pages } from './local-web.ts'
import { digest, olderBuild, sample, sampleEntry } from './sample.ts'

const test = base.extend<{ folder: string; file: string }>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'fledge-updates-'))
    await use(folder)
    await rm(folder, { recursive: true })
  },
  file: async ({ folder }, use) => use(join(folder, 'fledge.images.json')),
})

const oracle = 'https://yum.oracle.com/templates/OracleLinux/ol9-template.json'
const oracleImage = 'https://yum.oracle.com/templates/OracleLinux/OL9/u8/x86_64/OL9U8_x86_64-kvm-b293.qcow2'
const centos = 'https://cloud.centos.org/centos/10-stream/x86_64/images/CHECKSUM'
const openbsd = 'https://api.github.com/repos/hcartiaux/openbsd-cloud-image/releases/latest'
const pages: Pages = { [oracle]: sample('oraclelinux-template.json'), [centos]: sample('centos-CHECKSUM') }

const oracleBuild = {
  url: oracleImage,
  mirrors: [],
  build: '9.8-b293',
  format: 'qcow2',
  sha256: digest('o'),
}

function oracleEntry(more: Partial<CatalogEntry> = {}): CatalogEntry {
  return sampleEntry('oraclelinux:9', { kind: 'oraclelinux', index: [oracle] }, more)
}

const centosEntry = sampleEntry(
  'centos-stream:10',
  { kind: 'centos-stream', index: [centos] },
  { builds: olderBuild('20260901.0'), aliases: ['centos:10'] },
)

test('updateImages() asks nobody while FLEDGE_OFFLINE is set', async ({ folder, file }) => {
  await using local = await localWeb(pages)
  const before = process.env['FLEDGE_OFFLINE']
  process.env['FLEDGE_OFFLINE'] = '1'
  try {
    await expect(updateImages([oracleEntry()], { file }, local.options)).rejects.toMatchObject({
      code: 'ERR_FLEDGE_OFFLINE',
      message: 'Cannot look for newer images: FLEDGE_OFFLINE is set',
      hint: expect.stringContaining('fledge.images.json'),
    })
  } finally {
    if (before === undefined) delete process.env['FLEDGE_OFFLINE']
    else process.env['FLEDGE_OFFLINE'] = before
  }
  expect(local.requests).toEqual([])
  expect(await readdir(folder)).toEqual([])
})

test('updateImages() pins newer builds, sorted, and says what they were', async ({ folder, file }) => {
  await using local = await localWeb(pages)
  const updates = await updateImages([oracleEntry(), centosEntry], { file }, local.options)
  expect(updates).toEqual([
    {
      image: 'oraclelinux:9',
      architecture: 'x86_64',
      outcome: 'updated',
      to: '9.8-b293',
      verifiedBy: 'digest over HTTPS',
    },
    {
      image: 'centos-stream:10',
      architecture: 'x86_64',
      outcome: 'updated',
      from: '20260901.0',
      to: '20261006.0',
      verifiedBy: 'digest over HTTPS',
    },
  ])
  const text = await readFile(file, 'utf8')
  const pinned = {
    'centos-stream:10': {
      x86_64: {
        url: centos.replace('CHECKSUM', 'CentOS-Stream-GenericCloud-10-20261006.0.x86_64.qcow2'),
        mirrors: [],
        build: '20261006.0',
        format: 'qcow2',
        sha256: digest('c1'),
        bytes: 1016791040,
      },
    },
    'oraclelinux:9': { x86_64: oracleBuild },
  }
  // As text: the order counts.
  expect(text).toBe(`${JSON.stringify(pinned, null, 2)}\n`)
  // The same again changes nothing, and finds it in the file.
  const again = await updateImages([oracleEntry(), centosEntry], { file }, local.options)
  expect(again.map(({ outcome, from }) => `${outcome} ${from}`)).toEqual([
    'current 9.8-b293',
    'current 20261006.0',
  ])
  expect(await readFile(file, 'utf8')).toBe(text)
  expect(await readdir(folder)).toEqual(['fledge.images.json'])
})

test('updateImages() keeps what it has not looked for', async ({ file }) => {
  const theirs = { ...oracleBuild, build: '1', sha512: digest('x', 'sha512') }
  const images = { 'zzz:1': { aarch64: theirs }, 'oraclelinux:9': { aarch64: theirs } }
  await writeFile(file, JSON.stringify(images))
  await using local = await localWeb(pages)
  const entries = [oracleEntry({ builds: olderBuild('9.7-b200') }), centosEntry]
  await updateImages(entries, { file, names: ['centos:10'] }, local.options)
  expect(local.requests).toEqual([centos])
  const kept = JSON.parse(await readFile(file, 'utf8')) as object
  expect(kept).toMatchObject(images)
  expect(Object.keys(kept)).toEqual(['centos-stream:10', 'oraclelinux:9', 'zzz:1'])
})

test('updateImages() updates the builds that come with fledge, and leaves all others as they are', async ({
  file,
}) => {
  const builtIn = join(import.meta.dirname, '../../../../src/image/catalog/builds.json')
  const images = JSON.parse(await readFile(builtIn, 'utf8')) as Builds
  const older = { ...images, 'centos-stream:10': olderBuild('20260901.0') }
  await writeFile(file, formatBuilds(older))
  await using local = await localWeb(pages)
  const [update] = await updateImages([centosEntry], { file }, local.options)
  expect(update).toMatchObject({ outcome: 'updated', from: '20260901.0', to: '20261006.0' })
  const text = await readFile(file, 'utf8')
  const now = JSON.parse(text) as Builds
  expect({ ...now, 'centos-stream:10': images['centos-stream:10'] }).toEqual(images)
  expect(text).toBe(formatBuilds(now))
})

test('updateImages() writes nothing on a dry run, nor when nothing is newer', async ({ folder, file }) => {
  await using local = await localWeb(pages)
  const dry = await updateImages([oracleEntry()], { file, dryRun: true }, local.options)
  expect(dry).toMatchObject([{ outcome: 'updated', to: '9.8-b293' }])
  const newer = oracleEntry({ builds: olderBuild('9.9-b1') })
  expect(await updateImages([newer], { file }, local.options)).toMatchObject([
    { outcome: 'current', from: '9.9-b1', to: '9.8-b293' },
  ])
  expect(await readdir(folder)).toEqual([])
})

test('updateImages() says what it skips, and why', async ({ file }) => {
  await using local = await localWeb({})
  const old = sampleEntry('old:1', { kind: 'oraclelinux', index: [oracle] }, { status: 'eol' })
  const none = sampleEntry('none:1', { kind: 'none', index: [] }, { builds: olderBuild('5') })
  const arm = sampleEntry(
    'openbsd:7.9',
    { kind: 'openbsd', index: [openbsd] },
    { builds: olderBuild('1', {}, 'aarch64') },
  )
  const updates = await updateImages([old, none, arm], { file }, local.options)
  expect(updates.map(({ image, outcome, remark }) => `${image} ${outcome}: ${remark}`)).toEqual([
    'old:1 skipped: past its end of life',
    'none:1 skipped: it has no index',
    'openbsd:7.9 skipped: its index has none for aarch64',
  ])
  expect(local.requests).toEqual([])
})

test('updateImages() goes on when some fail, and pins the rest', async ({ file }) => {
  await using local = await localWeb({ ...pages, [openbsd]: { status: 500 } })
  const gone = sampleEntry('gone:1', {
    kind: 'oraclelinux',
    index: ['https://g.example.org/x-template.json'],
  })
  const broken = sampleEntry('openbsd:7.9', { kind: 'openbsd', index: [openbsd] })
  const updates = await updateImages([gone, broken, oracleEntry()], { file }, local.options)
  expect(updates).toMatchObject([
    { image: 'gone:1', outcome: 'failed', error: { code: 'ERR_FLEDGE_IMAGE_INDEX' } },
    { image: 'openbsd:7.9', outcome: 'failed', error: { code: 'ERR_FLEDGE_DOWNLOAD' } },
    { image: 'oraclelinux:9', outcome: 'updated' },
  ])
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ 'oraclelinux:9': { x86_64: oracleBuild } })
})

const here = { url: oracleImage, mirrors: [], build: '9.8-b293', format: 'qcow2' } as const

for (const [what, older, outcome] of [
  ['of the same digest', { ...here, sha256: digest('o') }, 'current'],
  ['whose digest was not known', here, 'updated'],
  [
    'that is another file',
    { ...here, url: 'https://x.example.org/b293.qcow2', sha256: digest('x') },
    'current',
  ],
  ['that has another digest now', { ...here, sha256: digest('x') }, 'failed'],
] as const) {
  test(`updateImages() finds the build that there is already: one ${what}`, async ({ file }) => {
    await using local = await localWeb(pages)
    const entry = oracleEntry({ builds: { x86_64: older } })
    const [update] = await updateImages([entry], { file }, local.options)
    expect(update?.outcome).toBe(outcome)
    if (outcome !== 'failed') return
    expect(update?.error).toMatchObject({
      code: 'ERR_FLEDGE_SIGNATURE',
      message: expect.stringContaining(`was ${digest('x')}, and is ${digest('o')}`),
    })
  })
}

test('updateImages() knows names and aliases, each image once, and suggests', async ({ file }) => {
  await using local = await localWeb(pages)
  const names = ['centos:10', 'centos-stream:10']
  const updates = await updateImages([oracleEntry(), centosEntry], { file, names }, local.options)
  expect(updates.map(({ image }) => image)).toEqual(['centos-stream:10'])
  const wrong = updateImages([oracleEntry(), centosEntry], { file, names: ['centos:9'] }, local.options)
  await expect(wrong).rejects.toMatchObject({
    code: 'ERR_FLEDGE_IMAGE_NOT_FOUND',
    message: 'There is no official image "centos:9"',
    hint: 'Did you mean "centos:10"?',
  })
})

for (const [what, text, message] of [
  ['no JSON', '{', 'line 1 is not JSON'],
  ['of another shape', '{"a:1":{"x86_64":{"url":5}}}', 'a:1 → x86_64 → url must be a text'],
  ['of another architecture', '{"a:1":{"riscv64":{}}}', 'a:1 → riscv64 is not known'],
] as const) {
  test(`updateImages() leaves a file as it is that is ${what}`, async ({ file }) => {
    await writeFile(file, text)
    await using local = await localWeb(pages)
    await expect(updateImages([oracleEntry()], { file }, local.options)).rejects.toMatchObject({
      code: 'ERR_FLEDGE_IMAGE_INVALID',
      message: expect.stringContaining(`${file}": ${message}`),
    })
    expect(await readFile(file, 'utf8')).toBe(text)
    expect(local.requests).toEqual([])
  })
}

test('updateImages() ends when it is aborted, and writes nothing', async ({ folder, file }) => {
  const controller = new AbortController()
  const slow = (): null => {
    controller.abort()
    return null
  }
  await using local = await localWeb({ ...pages, [openbsd]: slow })
  const entries = [oracleEntry(), sampleEntry('openbsd:7.9', { kind: 'openbsd', index: [openbsd] })]
  const updating = updateImages(entries, { file, signal: controller.signal }, local.options)
  await expect(updating).rejects.toMatchObject({ code: 'ERR_FLEDGE_ABORTED' })
  expect(await readdir(folder)).toEqual([])
})

checkLeaks()
