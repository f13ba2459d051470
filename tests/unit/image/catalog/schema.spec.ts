import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'

import { expect } from '@playwright/test'
import { Ajv, type ValidateFunction } from 'ajv'
import * as fc from 'fast-check'

import { checkLeaks } from '../../../fixtures/leaks.ts'
import { formatBuilds } from '../../../../src/image/catalog/builds.ts'
import { readBuilds } from '../../../../src/image/catalog/project-builds.ts'
import { test } from '../../test-in-folder.ts'

const root = join(import.meta.dirname, '../../../..')

async function validator(): Promise<ValidateFunction> {
  const schema = JSON.parse(await readFile(join(root, 'dist/catalog.schema.json'), 'utf8')) as object
  return new Ajv({ strict: true, strictRequired: false, strictTypes: false }).compile(schema)
}

const url = 'https://mirror.example/debian-13.qcow2'
const sha256 = 'ab'.repeat(32)
const sha512 = 'AB'.repeat(64)

test('the schema takes the builds that come with fledge', async () => {
  const validate = await validator()
  const builds = JSON.parse(await readFile(join(root, 'src/image/catalog/builds.json'), 'utf8')) as object
  validate(builds)
  expect(validate.errors).toBe(null)
  validate({ $schema: './catalog.schema.json', ...builds })
  expect(validate.errors).toBe(null)
})

for (const wrong of [
  { url: undefined },
  { url: 'ftp://mirror.example/a' },
  { url: 'https:// x' },
  { build: '' },
  { build: 13 },
  { sha512: undefined },
  { sha512: 'AB' },
  { sha256: 'x'.repeat(64) },
  { noDigest: 'rolling' },
  { noDigest: 'lost', sha512: undefined },
  { noDigest: 'rolling', sha512: undefined, url: 'http://mirror.example/a' },
  { noDigest: 'rolling', sha512: undefined, mirrors: ['http://mirror.example/a'] },
  { mirrors: url },
  { mirrors: [1] },
  { format: 'vmdk' },
  { compression: 'bz2' },
  { bytes: 0 },
  { bytes: 1.5 },
  { bytes: '1' },
  { size: 1 },
]) {
  test(`neither the schema nor fledge takes a build with ${inspect(wrong, { breakLength: Infinity })}`, async ({
    folder,
  }) => {
    const validate = await validator()
    const file = join(folder, 'builds.json')
    const right = { url, build: '1', sha512 }
    for (const [build, isRight] of [
      [right, true],
      [{ ...right, ...wrong }, false],
    ] as const) {
      const text = JSON.stringify({ 'debian:13': { x86_64: build } })
      await writeFile(file, text)
      expect(validate(JSON.parse(text))).toBe(isRight)
      const read = (): unknown => readBuilds(file)
      if (isRight) expect(read()).toMatchObject({ builds: { 'debian:13': { x86_64: { url } } } })
      else expect(read).toThrow(`Cannot use "${file}": debian:13 → x86_64 `)
    }
  })
}

test('the schema and fledge agree on builds of all kinds', async ({ folder }) => {
  const validate = await validator()
  const file = join(folder, 'builds.json')
  const any = fc.constantFrom(undefined, '', 'x', 1, [], {}, null)
  const field = (...values: readonly unknown[]): fc.Arbitrary<unknown> =>
    fc.oneof({ arbitrary: fc.constantFrom(undefined, ...values), weight: 9 }, any)
  const build = fc.record({
    url: field(url, url, 'http://mirror.example/a'),
    build: field('1', '2026-11-29'),
    mirrors: field([], [url], ['http://mirror.example/a']),
    format: field('qcow2', 'raw'),
    compression: field('gz', 'xz', 'zst'),
    sha256: field(sha256),
    sha512: field(sha512),
    noDigest: field('unpublished', 'rolling', 'unrecorded'),
    bytes: field(1, 496_631_808),
  })
  const image = fc.oneof({ arbitrary: fc.record({ x86_64: build, aarch64: build }), weight: 9 }, any)
  let taken = 0
  await fc.assert(
    fc.asyncProperty(image, async (given) => {
      const text = JSON.stringify({ 'debian:13': given })
      await writeFile(file, text)
      let isRead = true
      try {
        readBuilds(file)
      } catch {
        isRead = false
      }
      if (isRead) taken++
      expect(validate(JSON.parse(text)), text).toBe(isRead)
    }),
    { numRuns: 2_000 },
  )
  expect(taken).toBeGreaterThan(10)
})

test('the schema knows the names of images, and no others', async () => {
  const validate = await validator()
  expect(validate({ 'debian:13': {}, 'fedora:44': {} })).toBe(true)
  expect(validate({ 'debian:31': {} })).toBe(false)
  expect(validate([])).toBe(false)
})

test('a file keeps the schema that it names when builds are written to it', async ({ folder }) => {
  const file = join(folder, 'builds.json')
  const build = { url, build: '1', sha256, mirrors: [], format: 'qcow2' } as const
  const text = formatBuilds({ 'debian:13': { x86_64: build } }, './catalog.schema.json')
  expect(text).toMatch(/^\{\n {2}"\$schema": "\.\/catalog\.schema\.json",\n {2}"debian:13"/)
  await writeFile(file, text)
  expect(readBuilds(file)).toEqual({
    builds: { 'debian:13': { x86_64: build } },
    schema: './catalog.schema.json',
  })
  await writeFile(file, '{ "$schema": 1 }')
  expect(() => readBuilds(file)).toThrow(`Cannot use "${file}": $schema must be a text`)
})

checkLeaks()
