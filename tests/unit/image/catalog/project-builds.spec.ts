import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { checkLeaks } from '../../../fixtures/leaks.ts'
import type { FledgeError } from '../../../../src/errors.ts'
import { imageCatalog } from '../../../../src/image/catalog/catalog.ts'
import type { CatalogEntry } from '../../../../src/image/catalog/catalog-entry.ts'
import { resolveImage } from '../../../../src/image/resolve-image.ts'
import { test as base } from '../../test-in-folder.ts'

/** Tests whose working directory is their own. */
const test = base.extend<{ project: (text: string) => Promise<string> }>({
  project: async ({ folder }, use) => {
    const before = process.cwd()
    process.chdir(folder)
    const file = join(process.cwd(), 'fledge.images.json')
    await use(async (text) => {
      await writeFile(file, text)
      return file
    })
    process.chdir(before)
  },
})

function entry(name: string): CatalogEntry | undefined {
  return imageCatalog().find((each) => each.name === name)
}

function failure(): FledgeError {
  try {
    imageCatalog()
  } catch (error) {
    return error as FledgeError
  }
  throw new Error('the file was taken')
}

const url = 'https://mirror.example/debian-13.qcow2'
const sha512 = 'AB'.repeat(64)

test('a project without a file of its own has what comes with fledge', ({ project: _project }) => {
  expect(imageCatalog()).toHaveLength(62)
})

test("a project's builds take the place of those for the same processor, and the rest stays", async ({
  project,
}) => {
  const before = entry('debian:13')
  await project(JSON.stringify({ 'debian:13': { x86_64: { url, build: 'ours-1', sha512 } } }))
  expect(entry('debian:13')).toEqual({
    ...before,
    builds: {
      ...before?.builds,
      x86_64: { url, build: 'ours-1', sha512: sha512.toLowerCase(), mirrors: [], format: 'qcow2' },
    },
  })
  expect(entry('debian:12')?.builds.x86_64?.build).not.toBe('ours-1')
})

test('a project can have a build for a processor that there is none for', async ({ project }) => {
  expect(entry('arch:rolling')?.builds.aarch64).toBeUndefined()
  await project(JSON.stringify({ 'arch:rolling': { aarch64: { url, build: '1', noDigest: 'rolling' } } }))
  expect(Object.keys(entry('arch:rolling')?.builds ?? {})).toEqual(['x86_64', 'aarch64'])
})

/** A file with one build, of which some is wrong. */
const build = (wrong: object): string =>
  JSON.stringify({ 'debian:13': { x86_64: { url, build: '1', sha512, ...wrong } } })

for (const [what, text, says] of [
  ['that is empty', '', 'it is not JSON: '],
  ['that breaks off', '{\n"debian:13":\n{ "x86_64" }', 'line 3 is not JSON: '],
  ['with a list', '[]', 'it must be an object, not an array'],
  ['with a text', '"debian:13"', 'it must be an object, not "debian:13"'],
  ['with another name', '{ "debian:31": {} }', 'debian:31 is no official image. Did you mean '],
  ['with an alias', '{ "debian:trixie": {} }', 'debian:trixie is no official image.'],
  ['with nothing for a name', '{ "debian:13": null }', 'debian:13 must be an object, not null'],
  ['with a list for a name', '{ "debian:13": [] }', 'debian:13 must be an object, not an array'],
  ['with another processor', '{ "debian:13": { "amd64": {} } }', 'debian:13 → amd64 is not known. '],
  ['with an unknown field', build({ sha265: 'x' }), 'x86_64 → sha265 is not known. Did you mean "sha256"?'],
  ['without an address', '{ "debian:13": { "x86_64": { "build": "1" } } }', 'x86_64 → url is missing'],
  [
    'with another address',
    build({ url: 'ftp://x' }),
    'x86_64 → url must be an address that begins with https',
  ],
  ['with a wrong mirror', build({ mirrors: [url, 5] }), 'x86_64 → mirrors → 1 must be a text'],
  ['with a short digest', build({ sha256: 'ab' }), 'sha256 must have 64 digits, not 2'],
  ['with a digest that is none', build({ sha256: 'xy' }), 'sha256 must be in hex'],
  ['without a digest', build({ sha512: undefined }), 'debian:13 → x86_64 must have "sha256" or "sha512"'],
  ['with one and a reason for none', build({ noDigest: 'rolling' }), 'or else "noDigest"'],
  ['with another format', build({ format: 'vmdk' }), 'format must be "qcow2" or "raw"'],
  ['with a part of a byte', build({ bytes: 1.5 }), 'bytes must be whole'],
  [
    'with http and no digest',
    build({ sha512: undefined, noDigest: 'unpublished', url: 'http://mirror.example/x' }),
    'must have https:// addresses only, as it has no digest',
  ],
] as const) {
  test(`a file ${what} is refused, with its place`, async ({ project }) => {
    const file = await project(text)
    const error = failure()
    expect(error.code).toBe('ERR_FLEDGE_IMAGE_INVALID')
    expect(error.message).toContain(`Cannot use "${file}": `)
    expect(error.message).toContain(says)
  })
}

test('http is taken where a digest says what has to come', async ({ project }) => {
  await project(build({ url: 'http://mirror.example/x' }))
  expect(entry('debian:13')?.builds.x86_64?.url).toBe('http://mirror.example/x')
})

test('a file that cannot be read is told', async ({ project: _project, folder }) => {
  await mkdir(join(folder, 'fledge.images.json'))
  expect(failure().message).toContain('it cannot be read: EISDIR')
})

test('an image from packages needs no catalog: a wrong file does not hinder it', async ({ project }) => {
  await project('{')
  expect(resolveImage('debian:13-minimal').suite).toBe('trixie')
  expect(() => resolveImage('debian:13')).toThrow('fledge.images.json')
})

checkLeaks()
