import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../../fixtures/leaks.ts'
import type { CatalogEntry, UpdateSource } from '../../../../src/image/catalog/catalog-entry.ts'
import { newestAlpineImage, parseAlpineReleases } from '../../../../src/image/catalog/updates/alpine.ts'
import { addressOf } from '../../../../src/image/catalog/updates/candidate.ts'
import { parseDebianManifest } from '../../../../src/image/catalog/updates/debian.ts'
import { parseFedora } from '../../../../src/image/catalog/updates/fedora.ts'
import { chooseFreebsdImage } from '../../../../src/image/catalog/updates/freebsd.ts'
import { parseGentoo } from '../../../../src/image/catalog/updates/gentoo.ts'
import { parseListing } from '../../../../src/image/catalog/updates/listing.ts'
import { parseOpenbsd } from '../../../../src/image/catalog/updates/openbsd.ts'
import { parseOpensuse } from '../../../../src/image/catalog/updates/opensuse.ts'
import { parseOraclelinux } from '../../../../src/image/catalog/updates/oraclelinux.ts'
import { parseUbuntu } from '../../../../src/image/catalog/updates/ubuntu.ts'
import { digest, question, sample, sampleEntry } from './sample.ts'

const index = 'https://index.example.org/autobuilds/index'

function entry(name: string, more: Partial<CatalogEntry> = {}): CatalogEntry {
  return sampleEntry(name, { kind: 'none', index: [] }, more)
}

test('parseUbuntu() keeps to the architecture, and says nothing of a product that is not there', () => {
  const streams = sample('ubuntu-released.json')
  const arm = parseUbuntu(streams, index, question(entry('ubuntu:24.04'), 'aarch64'))
  expect(arm?.build).toMatchObject({ build: '20260901', sha256: digest('u4') })
  expect(parseUbuntu(streams, index, question(entry('ubuntu:26.10')))).toBeUndefined()
})

test('parseUbuntu() reads daily streams, whose builds are elsewhere', () => {
  const item = { path: 'server/stonking/20261004.1/stonking-server-cloudimg-amd64.img', sha256: digest('u') }
  const versions = { '20261004.1': { items: { 'disk1.img': item } }, '20261004': { items: {} } }
  const streams = JSON.stringify({ products: { 'com.ubuntu.cloud.daily:server:26.10:amd64': { versions } } })
  expect(parseUbuntu(streams, index, question(entry('ubuntu:26.10')))?.build).toEqual({
    url: 'https://index.example.org/server/stonking/20261004.1/stonking-server-cloudimg-amd64.img',
    build: '20261004.1',
    format: 'qcow2',
    sha256: digest('u'),
  })
})

for (const [name, architecture, build, sha256] of [
  ['fedora:44', 'aarch64', '44-1.7', digest('f44a')],
  ['fedora:40', 'x86_64', '40-1.14', digest('f40')],
  ['fedora:39', 'x86_64', '39-1.5', undefined],
  ['fedora:45', 'x86_64', '45_Beta-1.3', digest('f45')],
] as const) {
  test(`parseFedora() finds ${build} for ${name} (${architecture})`, () => {
    const found = parseFedora(sample('fedora-releases.json'), index, question(entry(name), architecture))
    expect(found).toMatchObject({ build, url: expect.stringContaining(`/${architecture}/images/`) })
    expect(found.sha256).toBe(sha256)
  })
}

function fedoraLink(compose: string): string {
  return `https://x.example.org/Fedora-Cloud-Base-Generic-${compose}.x86_64.qcow2`
}

test('parseFedora() takes a release before its beta, whatever their numbers', () => {
  const row = { arch: 'x86_64', variant: 'Cloud', subvariant: 'Cloud_Base' }
  const rows = [
    { ...row, version: '45 Beta', link: fedoraLink('45_Beta-1.3') },
    { ...row, version: '45', link: fedoraLink('45-1.2') },
  ]
  expect(parseFedora(JSON.stringify(rows), index, question(entry('fedora:45'))).build).toBe('45-1.2')
})

for (const [firmware, image] of [
  [['bios', 'uefi'], 'nocloud_alpine-3.23.4-x86_64-bios-cloudinit-r0.qcow2'],
  [['uefi', 'bios'], 'nocloud_alpine-3.23.4-x86_64-uefi-cloudinit-r0.qcow2'],
  [['uefi'], 'nocloud_alpine-3.23.4-x86_64-uefi-cloudinit-r0.qcow2'],
  [['bios'], 'nocloud_alpine-3.23.4-x86_64-bios-cloudinit-r0.qcow2'],
] as const) {
  test(`newestAlpineImage() chooses by firmware: ${firmware.join(', ')}`, () => {
    const names = parseListing(sample('alpine-3.23.html'), 'https://a.example.org/')
    const asked = question(entry('alpine:3.23', { firmware }))
    expect(newestAlpineImage(asked, names, ['3.23.6', '3.23.4', '3.23.3'])?.name).toBe(image)
    expect(newestAlpineImage(asked, names, ['3.23.6'])).toBeUndefined()
  })
}

test('parseAlpineReleases() knows the releases of a branch', () => {
  expect(parseAlpineReleases(sample('alpine-releases.json'), index, '3.23')).toEqual(['3.23.6', '3.23.4'])
})

test('newest images of Tumbleweed and Leap are apart, and the architecture counts', () => {
  const arm = parseOpensuse(
    sample('opensuse-leap.json'),
    index,
    question(entry('opensuse-leap:16.0'), 'aarch64'),
  )
  expect(arm.build).toMatchObject({ build: 'Build18.75', bytes: 5 })
  expect(arm.checksums).toBe(`${arm.build.url}.sha256`)
  expect(arm.signature).toEqual({ detached: `${arm.build.url}.sha256.asc` })
})

test('parseGentoo() reads the file of one target too, whose names have no folder, and a signed one', () => {
  const name = 'di-arm64-cloudinit-20260809T234555Z.qcow2'
  const text = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n# Latest\n${name} 15\n-----BEGIN PGP SIGNATURE-----\n`
  const asked = question(entry('gentoo:rolling'), 'aarch64')
  expect(parseGentoo(text, `${index}/current-di-arm64-cloudinit/latest.txt`, asked).build).toEqual({
    url: `https://index.example.org/autobuilds/20260809T234555Z/${name}`,
    build: '20260809T234555Z',
    format: 'qcow2',
    bytes: 15,
  })
})

test('chooseFreebsdImage() goes by the file system that the catalog knows', () => {
  const stem = 'FreeBSD-14.5-RELEASE-arm64-aarch64-BASIC-CLOUDINIT-'
  const names = ['ufs.qcow2.xz', 'ufs.raw.xz', 'zfs.raw.xz'].map((kind) => `${stem}${kind}`)
  const traits = { init: 'bsd', cpu: 'x86-64-v1', noisyUnits: [], channel: 'ssh' } as const
  const choose = (rootFileSystem: 'ufs' | 'zfs' | 'ffs'): string | undefined =>
    chooseFreebsdImage(
      names,
      '14.5-RELEASE',
      question(entry('freebsd:14', { traits: { ...traits, rootFileSystem } }), 'aarch64'),
    )
  expect(choose('zfs')).toBe(`${stem}zfs.raw.xz`)
  expect(choose('ufs')).toBe(`${stem}ufs.qcow2.xz`)
  expect(choose('ffs')).toBeUndefined()
})

for (const [what, parse, message] of [
  [
    'Fedora of no such version',
    () => parseFedora(sample('fedora-releases.json'), index, question(entry('fedora:46'))),
    'no image of fedora:46',
  ],
  [
    'Fedora that is a page',
    () => parseFedora('<html>', index, question(entry('fedora:44'))),
    'not as expected',
  ],
  ['Ubuntu without products', () => parseUbuntu('{}', index, question(entry('ubuntu:24.04'))), 'products'],
  ['Debian without a digest', () => parseDebianManifest('{"items":[]}', index), 'no SHA-512'],
  [
    'Debian with half a digest',
    () => parseDebianManifest(sample('debian-manifest.json').replaceAll('sha512:', 'sha512:x'), index),
    'no SHA-512',
  ],
  [
    'Oracle with another name',
    () =>
      parseOraclelinux(
        sample('oraclelinux-template.json').replace('-kvm-b293', ''),
        index,
        question(entry('oraclelinux:9')),
      ),
    'no image of oraclelinux:9',
  ],
  [
    'Oracle without a digest',
    () =>
      parseOraclelinux(
        '{"base_url":"/","kvm":{"image":"a","sha256":"b"}}',
        index,
        question(entry('oraclelinux:9')),
      ),
    'kvm.sha256',
  ],
  [
    'openSUSE of another version',
    () => parseOpensuse(sample('opensuse-leap.json'), index, question(entry('opensuse-leap:16.1'))),
    'no image of opensuse-leap:16.1',
  ],
  [
    'Alpine without the branch',
    () => parseAlpineReleases(sample('alpine-releases.json'), index, '3.99'),
    'no branch v3.99',
  ],
  [
    'Gentoo with nothing in it',
    () => parseGentoo('# none\n', index, question(entry('gentoo:rolling'))),
    'no image of gentoo:rolling',
  ],
  [
    'OpenBSD of the next version',
    () => parseOpenbsd(sample('openbsd-release.json'), index, question(entry('openbsd:8.0'))),
    'no image of openbsd:8.0',
  ],
  [
    'OpenBSD without an image',
    () =>
      parseOpenbsd(
        sample('openbsd-release.json').replaceAll('openbsd-min', 'x'),
        index,
        question(entry('openbsd:7.9')),
      ),
    'no image with a digest',
  ],
] as const) {
  test(`an index is refused: ${what}`, () => {
    expect(parse).toThrow(
      expect.objectContaining({
        code: 'ERR_FLEDGE_IMAGE_INDEX',
        message: expect.stringContaining(message),
        hint: expect.any(String),
      }),
    )
  })
}

const updates: UpdateSource = {
  kind: 'none',
  index: [
    'https://x.example.org/list/',
    'https://x.example.org/<arch>/list/',
    'https://x.example.org/ol9.json',
    'https://x.example.org/ol9_aarch64-cloud.json',
    'https://x.example.org/amd64/latest.txt',
    'https://x.example.org/arm64/latest.txt',
  ],
}

for (const [architecture, pattern, address] of [
  ['x86_64', /list\/$/, 'https://x.example.org/x86_64/list/'],
  ['aarch64', /list\/$/, 'https://x.example.org/aarch64/list/'],
  ['x86_64', /\.json$/, 'https://x.example.org/ol9.json'],
  ['aarch64', /\.json$/, 'https://x.example.org/ol9_aarch64-cloud.json'],
  ['x86_64', /\.txt$/, 'https://x.example.org/amd64/latest.txt'],
  ['aarch64', /\.txt$/, 'https://x.example.org/arm64/latest.txt'],
] as const) {
  test(`addressOf() takes ${address} for ${architecture}`, () => {
    expect(addressOf(question(sampleEntry('x:1', updates), architecture), pattern)).toBe(address)
  })
}

test('addressOf() says when the catalog has no address', () => {
  expect(() => addressOf(question(sampleEntry('x:1', updates)), /\.html$/)).toThrow(
    'no address to look for x:1',
  )
})

checkLeaks()
