import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../../fixtures/leaks.ts'
import { carryMirrors } from '../../../../src/image/catalog/updates/carry-mirrors.ts'
import { compareBuilds, newestMatch } from '../../../../src/image/catalog/updates/compare-builds.ts'
import { parseListing } from '../../../../src/image/catalog/updates/listing.ts'
import { sample } from './sample.ts'

for (const [older, newer] of [
  ['20260923', '20260926'],
  ['Build18.7', 'Build18.68'],
  ['Build18.7', 'Build18.75'],
  ['20260831-999', '20260914-2601'],
  ['9.8-20260526', '9.8-20260526.1'],
  ['9.8-20261005', '9.10-20260101'],
  ['10.2-20260526.0', '10.2-20260817.0'],
  ['3.24.2-r2', '3.24.2-r10'],
  ['3.24.9-r9', '3.24.10-r0'],
  ['20261001.99999', '20261001.604814'],
  ['2023.9.20260909.0', '2023.12.20260101.0'],
  ['20260809T234555Z', '20261004T164559Z'],
  ['v7.9_2026-08-31-22-45', 'v7.10_2026-01-01-00-00'],
  ['rolling', 'Snapshot20261007'],
] as const) {
  test(`compareBuilds() has ${older} before ${newer}`, () => {
    expect(compareBuilds(older, newer)).toBeLessThan(0)
    expect(compareBuilds(newer, older)).toBeGreaterThan(0)
    expect(compareBuilds(newer, newer)).toBe(0)
  })
}

test('newestMatch() takes the newest of what fits', () => {
  const names = ['a-2.img', 'a-10.img', 'b-99.img', 'a-9.img', 'a-latest.img']
  expect(newestMatch(names, /^a-(\d+)\.img$/)).toEqual({ name: 'a-10.img', build: '10' })
  expect(newestMatch(names, /^c-(\d+)\.img$/)).toBeUndefined()
})

for (const [server, file, url, names] of [
  [
    'Apache',
    'debian-trixie.html',
    'https://cloud.debian.org/images/cloud/trixie/',
    ['20250814-2204/', '20260914-2601/', '20260831-999/', 'daily/', 'latest/'],
  ],
  [
    'nginx',
    'arch-images.html',
    'https://geo.mirror.pkgbuild.com/images/',
    ['latest/', 'v20260915.600001/', 'v20261001.604814/', 'v20261001.99999/'],
  ],
] as const) {
  test(`parseListing() reads the list of a folder by ${server}`, () => {
    expect(parseListing(sample(file), url)).toEqual(names)
  })
}

test('parseListing() takes what is right below the folder, however the link is written', () => {
  const html = `
    <a href="./plain.img">1</a> <A HREF='single.img'>2</A> <a class=x href=bare.img>3</a> <a href="/a/b/path.img">4</a>
    <a href="https://x.example/a/b/whole/">5</a> <a href="a%2Bb.img">6</a> <a href="plain.img">again</a>
    <a href="../up.img">no</a> <a href="/a/other.img">no</a> <a href="https://y.example/a/b/else.img">no</a>
    <a href="deep/er.img">no</a> <a href="?C=N;O=D">no</a> <a href="#top">no</a> <a href="javascript:x">no</a>
    <a href="http://[">no</a>`
  expect(parseListing(html, 'https://x.example/a/b/?C=M')).toEqual([
    'plain.img',
    'single.img',
    'bare.img',
    'path.img',
    'whole/',
    'a+b.img',
  ])
})

const site = 'https://dl.example.org/pub'

for (const [what, older, mirror, url, mirrors] of [
  [
    'the same tree under another root',
    `${site}/cloud/trixie/1/debian-1.img`,
    'https://cd.example.org/cd/cloud/trixie/1/debian-1.img',
    `${site}/cloud/trixie/2/debian-2.img`,
    ['https://cd.example.org/cd/cloud/trixie/2/debian-2.img'],
  ],
  [
    'what had a folder of its own elsewhere',
    `${site}/rocky/9.8/images/rocky-1.img`,
    `${site}/rocky/9/images/rocky-1.img`,
    `${site}/rocky/9.9/images/rocky-2.img`,
    [],
  ],
  ['a file that has another name there', `${site}/a.img`, 'https://x.example.org/b.img', `${site}/c.img`, []],
  ['the same address', `${site}/a/1.img`, `${site}/a/1.img`, `${site}/a/2.img`, []],
] as const) {
  test(`carryMirrors() knows mirrors of a newer build: ${what}`, () => {
    const build = { url: older, mirrors: [mirror, mirror], build: '1', format: 'qcow2' } as const
    expect(carryMirrors(url, build)).toEqual(mirrors)
    expect(carryMirrors(url, undefined)).toEqual([])
  })
}

checkLeaks()
