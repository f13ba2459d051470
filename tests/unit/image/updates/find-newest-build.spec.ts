import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../../fixtures/leaks.ts'
import type { CatalogEntry, UpdateSource } from '../../../../src/image/catalog/catalog-entry.ts'
import { findNewestBuild } from '../../../../src/image/catalog/updates/find-newest-build.ts'
import { clearsign, makeKey, signDetached } from './keys.ts'
import { localWeb, type Pages } from './local-web.ts'
import { digest, olderBuild, sample, sampleEntry } from './sample.ts'

const rocky = 'https://dl.rockylinux.org/pub/rocky/'
const images = `${rocky}9.10/images/x86_64/`
const image = `${images}Rocky-9-GenericCloud-Base-9.10-20260525.0.x86_64.qcow2`
const checksums = `${image}.CHECKSUM`
const signature = `${image}.CHECKSUM.asc`
const signingKey = `${rocky}RPM-GPG-KEY-Rocky-9`
const sums = sample('rocky-image.CHECKSUM')
const pages: Pages = {
  [rocky]: sample('rocky.html'),
  [images]: sample('rocky-images.html'),
  [checksums]: sums,
}

function rockyEntry(updates: Partial<UpdateSource> = {}, builds: CatalogEntry['builds'] = {}): CatalogEntry {
  return sampleEntry('rocky:9', { kind: 'rocky', index: [rocky], ...updates }, { builds })
}

test('a signature by the pinned key is what a build is verified by', async () => {
  const key = await makeKey()
  await using local = await localWeb({
    ...pages,
    [signingKey]: key.armoured,
    [signature]: await signDetached(sums, key),
  })
  const entry = rockyEntry({ signingKey, fingerprint: key.fingerprint })
  expect(await findNewestBuild(entry, 'x86_64', local.web)).toEqual({
    build: {
      url: image,
      mirrors: [],
      build: '9.10-20260525.0',
      format: 'qcow2',
      sha256: digest('r'),
      bytes: 645988352,
    },
    verifiedBy: `signature of ${key.fingerprint}`,
  })
})

test('a key that the catalog does not pin is said, and is no more than HTTPS', async () => {
  const key = await makeKey()
  await using local = await localWeb({
    ...pages,
    [signingKey]: key.armoured,
    [signature]: await signDetached(sums, key),
  })
  expect(await findNewestBuild(rockyEntry({ signingKey }), 'x86_64', local.web)).toMatchObject({
    verifiedBy: 'digest over HTTPS',
    remark: `signed by ${key.fingerprint}, which the catalog does not know`,
  })
})

test('of a clearsigned checksum file only what is signed counts', async () => {
  const key = await makeKey()
  const fedora = 'https://download.fedoraproject.org/pub/fedora/linux/releases/44/Cloud/x86_64/images/'
  const index = 'https://fedoraproject.org/releases.json'
  const signed = await clearsign(sample('fedora-CHECKSUM'), key)
  const forged = `SHA256 (Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2) = ${digest('forged')}`
  await using local = await localWeb({
    [index]: sample('fedora-releases.json'),
    [fedora]: sample('fedora-images.html'),
    [`${fedora}Fedora-Cloud-44-1.7-x86_64-CHECKSUM`]: `${forged}\n${signed}\n${forged}\n`,
    'https://fedoraproject.org/fedora.gpg': key.public.write(),
  })
  const entry = sampleEntry('fedora:44', {
    kind: 'fedora',
    index: [index],
    signingKey: 'https://fedoraproject.org/fedora.gpg',
    fingerprint: key.fingerprint.toLowerCase(),
  })
  const found = await findNewestBuild(entry, 'x86_64', local.web)
  expect(found).toMatchObject({
    build: { sha256: digest('f44') },
    verifiedBy: `signature of ${key.fingerprint}`,
  })
})

test('where only the image is signed, or the address of the key is unknown, that is said', async () => {
  const index = ['https://alpinelinux.org/releases.json', 'https://a.example.org/cloud/']
  await using local = await localWeb({
    [index[0] ?? '']: sample('alpine-releases.json'),
    [index[1] ?? '']: sample('alpine-3.24.html'),
    'https://a.example.org/cloud/alpine-3.24.2-x86_64-cloudinit-r10.qcow2.sha512': sample('alpine.sha512'),
  })
  const find = async (more: Partial<UpdateSource>): Promise<unknown> =>
    findNewestBuild(sampleEntry('alpine:3.24', { kind: 'alpine', index, ...more }), 'x86_64', local.web)
  expect(await find({ signingKey: 'https://a.example.org/key', fingerprint: 'F2' })).toMatchObject({
    verifiedBy: 'digest over HTTPS',
    remark: expect.stringContaining('only the image itself is signed'),
  })
  expect(await find({ fingerprint: 'F2' })).toMatchObject({
    verifiedBy: 'digest over HTTPS',
    remark: expect.stringContaining('no address of the key'),
  })
})

test('what is not signed as it should be is refused, after a second look', async () => {
  const [key, other] = await Promise.all([makeKey(), makeKey()])
  const good = await signDetached(sums, key)
  const pinned = { signingKey, fingerprint: key.fingerprint }
  for (const [what, more, updates, code, message] of [
    ['no signature', { [signature]: { status: 404 } }, pinned, 'INDEX', 'CHECKSUM.asc: HTTP 404'],
    ['no signature, unpinned', { [signature]: { status: 404 } }, { signingKey }, 'INDEX', 'HTTP 404'],
    ['no key', { [signingKey]: { status: 404 } }, pinned, 'INDEX', 'RPM-GPG-KEY-Rocky-9: HTTP 404'],
    ['another key', { [signingKey]: other.armoured }, pinned, 'SIGNATURE', 'another than the catalog knows'],
    [
      'by another key',
      { [signature]: await signDetached(sums, other) },
      pinned,
      'SIGNATURE',
      'does not hold',
    ],
    [
      'by another key, unpinned',
      { [signature]: await signDetached(sums, other) },
      { signingKey },
      'SIGNATURE',
      'does not hold',
    ],
    [
      'of something else',
      { [signature]: await signDetached('else', key) },
      pinned,
      'SIGNATURE',
      'does not hold',
    ],
    [
      'a text that was changed',
      { [checksums]: sums.replace(/= .{4}/, '= 0000') },
      pinned,
      'SIGNATURE',
      'does not hold',
    ],
  ] as const) {
    await using local = await localWeb({ ...pages, [signingKey]: key.armoured, [signature]: good, ...more })
    await expect(findNewestBuild(rockyEntry(updates), 'x86_64', local.web), what).rejects.toMatchObject({
      code: expect.stringContaining(code),
      message: expect.stringContaining(message),
    })
    expect(
      local.requests.filter((each) => each === rocky),
      what,
    ).toHaveLength(2)
  }
})

test('a build that is published while the index is read is found at the second look', async () => {
  const newer = image.replace('20260525.0', '20261001.0')
  const html = sample('rocky-images.html')
  await using local = await localWeb({
    ...pages,
    // The first list has been written before the file that it names.
    [images]: (before) => (before === 0 ? html : html.replaceAll('20260525.0', '20261001.0')),
    [checksums]: 'SHA256 (moved on) = nothing\n',
    [`${newer}.CHECKSUM`]: sums.replaceAll('20260525.0', '20261001.0'),
  })
  const { build } = await findNewestBuild(rockyEntry(), 'x86_64', local.web)
  expect(build).toMatchObject({ url: newer, build: '9.10-20261001.0', sha256: digest('r') })
  expect(local.requests).toEqual([rocky, images, checksums, rocky, images, `${newer}.CHECKSUM`])
})

for (const [what, more] of [
  ['a digest without its name', { [checksums]: sums.replaceAll('Base', 'base') }],
  ['no checksum file', { [checksums]: { status: 404 } }],
  ['a folder without images', { [images]: sample('rocky.html') }],
  ['a folder that is no list', { [images]: 'Welcome' }],
] as const) {
  test(`an index is read twice and no more: ${what}`, async () => {
    await using local = await localWeb({ ...pages, ...more })
    await expect(findNewestBuild(rockyEntry(), 'x86_64', local.web)).rejects.toMatchObject({
      code: 'ERR_FLEDGE_IMAGE_INDEX',
    })
    expect(local.requests.filter((each) => each === rocky)).toHaveLength(2)
  })
}

test('a server in trouble is no race: nothing is read a second time for it', async () => {
  await using local = await localWeb({ ...pages, [checksums]: { status: 503 } })
  await expect(findNewestBuild(rockyEntry(), 'x86_64', local.web)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_DOWNLOAD',
  })
  expect(local.requests).toEqual([rocky, images, checksums, checksums, checksums])
})

test('an index and a checksum file that contradict each other are refused', async () => {
  const index = 'https://c.example.org/streams.json'
  const folder = 'https://c.example.org/releases/noble/release-20260926/'
  const streams = sample('ubuntu-released.json')
  const good = sample('ubuntu-SHA256SUMS')
  const entry = sampleEntry('ubuntu:24.04', { kind: 'ubuntu', index: [index] })
  await using local = await localWeb({
    [index]: streams,
    [`${folder}SHA256SUMS`]: good.replace(digest('u2'), digest('changed')),
  })
  await expect(findNewestBuild(entry, 'x86_64', local.web)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_IMAGE_INDEX',
    message: `The index and the checksum file of ${folder}ubuntu-24.04-server-cloudimg-amd64.img say sha256 ${digest('u2')} and ${digest('changed')}`,
  })
})

test('a newer build is where the mirrors of the older one are', async () => {
  const builds = olderBuild('9.10-20260101.0', {
    url: `${images}Rocky-9-GenericCloud-Base-9.10-20260101.0.x86_64.qcow2`,
    mirrors: [
      'https://m.example.org/vault/rocky/9.10/images/x86_64/Rocky-9-GenericCloud-Base-9.10-20260101.0.x86_64.qcow2',
    ],
  })
  await using local = await localWeb(pages)
  const { build } = await findNewestBuild(rockyEntry({}, builds), 'x86_64', local.web)
  expect(build.mirrors).toEqual([
    'https://m.example.org/vault/rocky/9.10/images/x86_64/Rocky-9-GenericCloud-Base-9.10-20260525.0.x86_64.qcow2',
  ])
})

checkLeaks()
