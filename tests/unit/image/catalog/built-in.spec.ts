import { readFileSync } from 'node:fs'

import { expect, test } from '@playwright/test'
import * as v from 'valibot'

import { checkLeaks } from '../../../fixtures/leaks.ts'
import { builtInEntries } from '../../../../src/image/catalog/built-in.ts'
import { buildsSchema, formatBuilds } from '../../../../src/image/catalog/builds.ts'
import type { CatalogEntry } from '../../../../src/image/catalog/catalog-entry.ts'
import { builtInCatalog } from '../../../../src/image/built-in-catalog.ts'
import { debianReleases } from '../../../../src/image/debian-releases.ts'

const entries = builtInEntries()
const file = new URL('../../../../src/image/catalog/builds.json', import.meta.url)
const distribution = ({ name }: CatalogEntry): string => name.slice(0, name.indexOf(':'))

const some = v.pipe(v.string(), v.nonEmpty(), v.trim())
const name = v.pipe(v.string(), v.regex(/^[a-z0-9-]+(:[a-z0-9.-]+)?$/))
const address = v.pipe(v.string(), v.url(), v.startsWith('https://'))
const unit = v.pipe(v.string(), v.regex(/^[a-zA-Z0-9_.@-]+\.(service|timer|socket)$/))
const oneOf = v.picklist

const traits = v.strictObject({
  init: oneOf(['systemd', 'openrc', 'bsd']),
  rootFileSystem: v.exactOptional(oneOf(['ext4', 'xfs', 'btrfs', 'ufs', 'zfs', 'ffs'])),
  network: v.exactOptional(oneOf(['ifupdown', 'netplan', 'networkd', 'NetworkManager', 'wicked', 'bsd'])),
  ninep: v.exactOptional(v.boolean()),
  selinux: v.exactOptional(oneOf(['enforcing', 'permissive'])),
  cpu: oneOf(['x86-64-v1', 'x86-64-v2', 'x86-64-v3']),
  noisyUnits: v.array(unit),
  channel: oneOf(['agent', 'ssh']),
})

const entry = v.strictObject({
  name: v.pipe(name, v.includes(':')),
  title: some,
  codename: v.exactOptional(some),
  aliases: v.array(name),
  status: oneOf(['supported', 'preview', 'rolling', 'eol', 'unofficial']),
  endOfLife: v.exactOptional(v.pipe(v.string(), v.isoDate())),
  defaultUser: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]*$/)),
  firmware: v.pipe(v.array(oneOf(['bios', 'uefi'])), v.nonEmpty()),
  traits,
  builds: v.unknown(),
  updates: v.strictObject({
    kind: some,
    index: v.array(address),
    signingKey: v.exactOptional(address),
    fingerprint: v.exactOptional(v.pipe(v.string(), v.regex(/^[0-9A-F]{40}$/))),
  }),
})

test('the catalog has the shape that it is said to have', () => {
  expect(entries).toHaveLength(62)
  for (const each of entries) {
    expect(v.safeParse(entry, each).issues, each.name).toBeUndefined()
    const { endOfLife } = each
    if (endOfLife !== undefined) expect(new Date(endOfLife).toISOString().slice(0, 10)).toBe(endOfLife)
  }
})

test('every entry has an address for an x86-64 processor, and a digest or the reason why there is none', () => {
  const builds = JSON.parse(readFileSync(file, 'utf8')) as unknown
  expect(v.safeParse(buildsSchema, builds).issues).toBeUndefined()
  for (const { name: each, builds } of entries) {
    expect(builds.x86_64?.url, each).toMatch(/^https:/)
    for (const build of Object.values(builds)) {
      expect(build.sha256 ?? build.sha512 ?? build.noDigest, each).toBeDefined()
    }
  }
})

test('an address is that of its own processor, and packed as it is said to be', () => {
  const others = { x86_64: /arm64|aarch64/, aarch64: /x86_64|amd64/ }
  for (const { builds } of entries) {
    for (const [architecture, { url, mirrors, compression }] of Object.entries(builds)) {
      for (const each of [url, ...mirrors]) {
        expect(each).not.toMatch(others[architecture as keyof typeof others])
        expect(/\.(gz|xz|zst)$/.exec(each)?.[1]).toBe(compression)
        expect(each.split('/').at(-1), 'a mirror has the file of the same name').toBe(url.split('/').at(-1))
      }
    }
  }
})

test('where the fingerprint of a signing key is known, there is an address of the key', () => {
  const without = entries.filter(({ updates }) => 'fingerprint' in updates && !('signingKey' in updates))
  expect(without.map(({ name }) => name)).toEqual([])
})

test('no two builds have one digest', () => {
  const digests = entries.flatMap(({ builds }) =>
    Object.values(builds).flatMap(({ sha256, sha512 }) => [sha256, sha512].filter(Boolean)),
  )
  expect(new Set(digests).size).toBe(digests.length)
})

test('every build belongs to an entry', () => {
  const names = Object.keys(JSON.parse(readFileSync(file, 'utf8')) as object)
  expect(names.toSorted()).toEqual(entries.map(({ name }) => name).toSorted())
})

test('no two entries share a name or an alias', () => {
  const names = entries.flatMap(({ name, aliases }) => [name, ...aliases])
  expect(names.filter((each, index) => names.indexOf(each) !== index)).toEqual([])
  expect(names.filter((each) => each.endsWith('-minimal'))).toEqual([])
})

test('every code name that can be one is an alias', () => {
  const missing = entries.filter((each) => {
    const { codename, name, aliases } = each
    const wanted = `${distribution(each)}:${codename}`
    return codename !== undefined && /^[a-z]+$/.test(codename) && ![name, ...aliases].includes(wanted)
  })
  expect(missing.map(({ name }) => name)).toEqual([])
})

test('the newest release of every distribution is its ":latest" and has its bare name', () => {
  for (const family of new Set(entries.map(distribution))) {
    const own = entries.filter((each) => distribution(each) === family)
    const released = own.filter(({ status }) => status !== 'preview' && status !== 'eol')
    const newest = released.findLast(({ status }) => status === 'supported') ?? released.at(-1)
    const aliases = newest?.aliases ?? []
    expect(aliases, family).toContain(`${family}:latest`)
    expect(aliases, family).toContain(family)
  }
})

for (const [alias, wanted] of [
  ['ubuntu:lts', 'ubuntu:26.04'],
  ['ubuntu:noble', 'ubuntu:24.04'],
  ['debian:stable', 'debian:13'],
  ['debian:oldstable', 'debian:12'],
  ['debian:unstable', 'debian:sid'],
  ['fedora:latest', 'fedora:44'],
  ['rocky:9.8', 'rocky:9'],
  ['arch', 'arch:rolling'],
  ['al2023', 'amazonlinux:2023'],
] as const) {
  test(`"${alias}" is "${wanted}"`, () => {
    expect(entries.find(({ aliases }) => aliases.includes(alias))?.name).toBe(wanted)
  })
}

test('what is built from packages ends when the official image does', () => {
  for (const { version, endOfLife } of debianReleases) {
    const official = entries.find(({ name }) => name === `debian:${version}`)
    if (official) expect(official.endOfLife).toBe(endOfLife)
  }
})

test('an Enterprise Linux has no 9p, and needs the processor of its major version', () => {
  const families = new Set(['rocky', 'almalinux', 'centos-stream', 'oraclelinux'])
  for (const each of entries.filter((each) => families.has(distribution(each)))) {
    const major = /(\d+)/.exec(each.name)?.[1]
    const cpu = { 8: 'x86-64-v1', 9: 'x86-64-v2', 10: 'x86-64-v3' }[Number(major)]
    expect(each.traits).toMatchObject({ ninep: false, rootFileSystem: 'xfs', cpu })
  }
})

test('the file of builds is as it is written by a program', () => {
  const text = readFileSync(file, 'utf8')
  const builds = v.parse(buildsSchema, JSON.parse(text))
  expect(formatBuilds(builds)).toBe(text)
  const backwards = Object.fromEntries(Object.entries(builds).toReversed())
  expect(formatBuilds(backwards)).toBe(text)
})

test('the catalog in dist is that of the sources; if not, "npm run build" makes it', () => {
  expect(builtInCatalog()).toEqual(JSON.parse(JSON.stringify(entries)))
})

checkLeaks()
