import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../../fixtures/leaks.ts'
import type { Architecture, CatalogEntry, UpdateSource } from '../../../../src/image/catalog/catalog-entry.ts'
import { findNewestBuild, type FoundBuild } from '../../../../src/image/catalog/updates/find-newest-build.ts'
import { localWeb, type Pages } from './local-web.ts'
import { digest, olderBuild, sample, sampleEntry } from './sample.ts'

/** An index in the format of a distribution, and what has to be found in it. */
interface Case {
  readonly name: string
  readonly kind: UpdateSource['kind']
  readonly index: readonly string[]
  readonly pages: Pages
  readonly found: Partial<FoundBuild['build']>
  readonly remark?: string
  readonly architecture?: Architecture
  readonly more?: Partial<Omit<CatalogEntry, 'name' | 'updates'>>
}

const ubuntu = 'https://cloud-images.ubuntu.com'
const trixie = 'https://cloud.debian.org/images/cloud/trixie/'
const debianBuild = `${trixie}20260914-2601/debian-13-generic-amd64-20260914-2601`
const fedora = 'https://download.fedoraproject.org/pub/fedora/linux/releases/44/Cloud/x86_64/images/'
const rocky = 'https://dl.rockylinux.org/pub/rocky/'
const rockyImages = `${rocky}9.10/images/x86_64/`
const rockyImage = 'Rocky-9-GenericCloud-Base-9.10-20260525.0.x86_64.qcow2'
const alma = 'https://repo.almalinux.org/almalinux/'
const kitten = 'https://kitten.repo.almalinux.org/10-kitten/cloud/'
const centos = 'https://cloud.centos.org/centos/10-stream/'
const opensuse = 'https://download.opensuse.org/'
const leapImages = `${opensuse}distribution/leap/16.0/appliances/`
const leap = 'Leap-16.0-Minimal-VM.x86_64-Cloud-Build18.68.qcow2'
const tumbleweed = 'openSUSE-Tumbleweed-Minimal-VM.x86_64-1.0.0-Cloud-Snapshot20261007.qcow2'
const alpine = 'https://dl-cdn.alpinelinux.org/alpine/'
const alpineReleases = 'https://alpinelinux.org/releases.json'
const arch = 'https://geo.mirror.pkgbuild.com/images/'
const archImage = `${arch}v20261001.604814/Arch-Linux-x86_64-cloudimg-20261001.604814.qcow2`
const amazon = 'https://cdn.amazonlinux.com/al2023/os-images/'
const amazonImages = `${amazon}2023.12.20260909.0/kvm/`
const gentoo = 'https://distfiles.gentoo.org/releases/'
const gentooImage = `${gentoo}amd64/autobuilds/20261004T164559Z/di-amd64-cloudinit-20261004T164559Z.qcow2`
const freebsd = 'https://download.freebsd.org/releases/VM-IMAGES/'
const freebsdImages = `${freebsd}15.1-RELEASE/amd64/Latest/`
const openbsd = 'https://api.github.com/repos/hcartiaux/openbsd-cloud-image/releases/latest'
const openbsdImage =
  'https://github.com/hcartiaux/openbsd-cloud-image/releases/download/v7.9_2026-08-31-22-45/openbsd-min.qcow2'

const cases: readonly Case[] = [
  {
    name: 'ubuntu:24.04',
    kind: 'ubuntu',
    index: [`${ubuntu}/releases/streams/v1/com.ubuntu.cloud:released:download.json`],
    pages: {
      [`${ubuntu}/releases/streams/v1/com.ubuntu.cloud:released:download.json`]:
        sample('ubuntu-released.json'),
      [`${ubuntu}/releases/noble/release-20260926/SHA256SUMS`]: sample('ubuntu-SHA256SUMS'),
    },
    found: {
      url: `${ubuntu}/releases/noble/release-20260926/ubuntu-24.04-server-cloudimg-amd64.img`,
      build: '20260926',
      sha256: digest('u2'),
      bytes: 625612288,
    },
  },
  {
    name: 'debian:13',
    kind: 'debian',
    index: [trixie, `${trixie}latest/`, `${trixie}daily/latest/`],
    pages: {
      [trixie]: sample('debian-trixie.html'),
      [`${debianBuild}.json`]: sample('debian-manifest.json'),
      [`${trixie}20260914-2601/SHA512SUMS`]: sample('debian-SHA512SUMS'),
    },
    found: { url: `${debianBuild}.qcow2`, build: '20260914-2601', sha512: digest('d2', 'sha512') },
  },
  {
    name: 'fedora:44',
    kind: 'fedora',
    index: ['https://fedoraproject.org/releases.json', 'https://bodhi.fedoraproject.org/releases/F44'],
    pages: {
      'https://fedoraproject.org/releases.json': sample('fedora-releases.json'),
      [fedora]: sample('fedora-images.html'),
      [`${fedora}Fedora-Cloud-44-1.7-x86_64-CHECKSUM`]: sample('fedora-CHECKSUM'),
    },
    found: {
      url: `${fedora}Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2`,
      build: '44-1.7',
      sha256: digest('f44'),
      bytes: 583729152,
    },
  },
  {
    name: 'rocky:9',
    kind: 'rocky',
    index: [rocky, `${rocky}9/images/<arch>/`],
    pages: {
      [rocky]: sample('rocky.html'),
      [rockyImages]: sample('rocky-images.html'),
      [`${rockyImages}${rockyImage}.CHECKSUM`]: sample('rocky-image.CHECKSUM'),
    },
    found: {
      url: `${rockyImages}${rockyImage}`,
      build: '9.10-20260525.0',
      sha256: digest('r'),
      bytes: 645988352,
    },
  },
  {
    name: 'almalinux:10',
    kind: 'almalinux',
    index: [alma, `${alma}10/cloud/<arch>/images/`, `${alma}10/cloud/<arch>/images/CHECKSUM`],
    pages: {
      [`${alma}10/cloud/x86_64/images/CHECKSUM`]: sample('almalinux-CHECKSUM'),
      [`${alma}10.2/cloud/x86_64/images/CHECKSUM`]: sample('almalinux-CHECKSUM'),
    },
    found: {
      url: `${alma}10.2/cloud/x86_64/images/AlmaLinux-10-GenericCloud-10.2-20260817.0.x86_64.qcow2`,
      build: '10.2-20260817.0',
      sha256: digest('a2'),
    },
  },
  {
    name: 'almalinux:kitten-10',
    kind: 'almalinux',
    architecture: 'aarch64',
    index: [`${kitten}<arch>/images/`],
    pages: { [`${kitten}aarch64/images/CHECKSUM`]: sample('almalinux-kitten-CHECKSUM') },
    found: {
      url: `${kitten}aarch64/images/AlmaLinux-Kitten-GenericCloud-10-20260501.0.aarch64.qcow2`,
      build: '20260501.0',
      sha256: digest('k2'),
    },
  },
  {
    name: 'centos-stream:10',
    kind: 'centos-stream',
    index: [`${centos}<arch>/images/CHECKSUM`, `${centos}<arch>/images/`],
    pages: { [`${centos}x86_64/images/CHECKSUM`]: sample('centos-CHECKSUM') },
    found: {
      url: `${centos}x86_64/images/CentOS-Stream-GenericCloud-10-20261006.0.x86_64.qcow2`,
      build: '20261006.0',
      sha256: digest('c1'),
      bytes: 1016791040,
    },
  },
  {
    name: 'oraclelinux:9',
    kind: 'oraclelinux',
    index: [
      'https://yum.oracle.com/templates/OracleLinux/ol9-template.json',
      'https://yum.oracle.com/templates/OracleLinux/ol9_aarch64-cloud-template.json',
    ],
    pages: {
      'https://yum.oracle.com/templates/OracleLinux/ol9-template.json': sample('oraclelinux-template.json'),
    },
    found: {
      url: 'https://yum.oracle.com/templates/OracleLinux/OL9/u8/x86_64/OL9U8_x86_64-kvm-b293.qcow2',
      build: '9.8-b293',
      sha256: digest('o'),
    },
  },
  {
    name: 'opensuse-leap:16.0',
    kind: 'opensuse',
    index: [`${leapImages}?jsontable`, leapImages, 'https://get.opensuse.org/api/v0/distributions.json'],
    pages: {
      [`${leapImages}?jsontable`]: sample('opensuse-leap.json'),
      [`${leapImages}${leap}.sha256`]: sample('opensuse.sha256'),
    },
    found: { url: `${leapImages}${leap}`, build: 'Build18.68', sha256: digest('s'), bytes: 328728577 },
  },
  {
    name: 'opensuse-tumbleweed:rolling',
    kind: 'opensuse',
    index: [
      `${opensuse}ports/aarch64/tumbleweed/appliances/?jsontable`,
      `${opensuse}tumbleweed/appliances/?jsontable`,
    ],
    pages: {
      [`${opensuse}tumbleweed/appliances/?jsontable`]: sample('opensuse-tumbleweed.json'),
      [`${opensuse}tumbleweed/appliances/${tumbleweed}.sha256`]: `${digest('t')}  ${tumbleweed}\n`,
    },
    found: {
      url: `${opensuse}tumbleweed/appliances/${tumbleweed}`,
      build: 'Snapshot20261007',
      sha256: digest('t'),
      bytes: 336592897,
    },
  },
  {
    name: 'alpine:3.24',
    kind: 'alpine',
    index: [alpineReleases, `${alpine}v3.24/releases/cloud/`],
    pages: {
      [alpineReleases]: sample('alpine-releases.json'),
      [`${alpine}v3.24/releases/cloud/`]: sample('alpine-3.24.html'),
      [`${alpine}v3.24/releases/cloud/alpine-3.24.2-x86_64-cloudinit-r10.qcow2.sha512`]:
        sample('alpine.sha512'),
    },
    found: {
      url: `${alpine}v3.24/releases/cloud/alpine-3.24.2-x86_64-cloudinit-r10.qcow2`,
      build: '3.24.2-r10',
      sha512: digest('al', 'sha512'),
    },
  },
  {
    name: 'alpine:3.23',
    kind: 'alpine',
    index: [alpineReleases, `${alpine}v3.23/releases/cloud/`],
    more: { firmware: ['uefi', 'bios'] },
    pages: {
      [alpineReleases]: sample('alpine-releases.json'),
      [`${alpine}v3.23/releases/cloud/`]: sample('alpine-3.23.html'),
      [`${alpine}v3.23/releases/cloud/nocloud_alpine-3.23.4-x86_64-uefi-cloudinit-r0.qcow2.sha512`]:
        sample('alpine.sha512'),
    },
    found: {
      url: `${alpine}v3.23/releases/cloud/nocloud_alpine-3.23.4-x86_64-uefi-cloudinit-r0.qcow2`,
      build: '3.23.4-r0',
      sha512: digest('al', 'sha512'),
    },
  },
  {
    name: 'arch:rolling',
    kind: 'arch',
    index: [arch, `${arch}latest/`],
    pages: { [arch]: sample('arch-images.html'), [`${archImage}.SHA256`]: sample('arch.SHA256') },
    found: { url: archImage, build: '20261001.604814', sha256: digest('ar') },
  },
  {
    name: 'amazonlinux:2023',
    kind: 'amazonlinux',
    index: [`${amazon}latest/`, `${amazon}latest/kvm/SHA256SUMS`, `${amazon}latest/kvm-arm64/SHA256SUMS`],
    pages: {
      [`${amazon}latest/`]: { status: 302, headers: { location: '../2023.12.20260909.0/' } },
      // Nothing is known of what is there itself.
      [`${amazon}2023.12.20260909.0/`]: { status: 403 },
      [`${amazonImages}SHA256SUMS`]: sample('amazonlinux-SHA256SUMS'),
    },
    found: {
      url: `${amazonImages}al2023-kvm-2023.12.20260909.0-kernel-6.1-x86_64.xfs.gpt.qcow2`,
      build: '2023.12.20260909.0',
      sha256: digest('z2'),
    },
  },
  {
    name: 'gentoo:rolling',
    kind: 'gentoo',
    index: ['amd64', 'arm64'].map((each) => `${gentoo}${each}/autobuilds/latest-di-${each}-cloudinit.txt`),
    pages: {
      [`${gentoo}amd64/autobuilds/latest-di-amd64-cloudinit.txt`]: sample('gentoo-latest.txt'),
      [`${gentooImage}.sha256`]: sample('gentoo.sha256'),
    },
    found: { url: gentooImage, build: '20261004T164559Z', sha256: digest('g'), bytes: 1501626368 },
  },
  {
    name: 'freebsd:15.1',
    kind: 'freebsd',
    index: [freebsd],
    pages: {
      [freebsd]: sample('freebsd.html'),
      [`${freebsdImages}CHECKSUM.SHA256`]: sample('freebsd-CHECKSUM.SHA256'),
    },
    found: {
      url: `${freebsdImages}FreeBSD-15.1-RELEASE-amd64-BASIC-CLOUDINIT-ufs.qcow2.xz`,
      build: '15.1-RELEASE',
      compression: 'xz',
      sha256: digest('b1'),
    },
  },
  {
    name: 'freebsd:15',
    kind: 'freebsd',
    index: [freebsd],
    more: {
      builds: olderBuild('15.0-RELEASE', {
        url: 'https://old.example.org/FreeBSD-15.0-RELEASE-amd64-BASIC-CLOUDINIT-ufs.raw.xz',
      }),
    },
    pages: {
      [freebsd]: sample('freebsd.html'),
      [`${freebsdImages}CHECKSUM.SHA256`]: sample('freebsd-CHECKSUM.SHA256'),
    },
    found: {
      url: `${freebsdImages}FreeBSD-15.1-RELEASE-amd64-BASIC-CLOUDINIT-ufs.raw.xz`,
      build: '15.1-RELEASE',
      format: 'raw',
      compression: 'xz',
      sha256: digest('b2'),
    },
  },
  {
    name: 'openbsd:7.9',
    kind: 'openbsd',
    index: [openbsd],
    pages: {
      [openbsd]: sample('openbsd-release.json'),
      [`${openbsdImage}.sha256`]: sample('openbsd.sha256'),
    },
    found: {
      url: openbsdImage,
      build: 'v7.9_2026-08-31-22-45',
      sha256: digest('ob'),
      bytes: 634976256,
    },
  },
]

for (const { name, kind, index, pages, found, more = {}, architecture = 'x86_64' } of cases) {
  test(`findNewestBuild() finds the newest ${name} for ${architecture} in the index of its distribution`, async () => {
    await using local = await localWeb(pages)
    const entry = sampleEntry(name, { kind, index }, more)
    expect(await findNewestBuild(entry, architecture, local.web)).toEqual({
      build: { format: 'qcow2', mirrors: [], ...found },
      verifiedBy: 'digest over HTTPS',
    })
  })
}

test('every kind of index is tried', async () => {
  const { readers } = await import('../../../../src/image/catalog/updates/readers.ts')
  expect([...new Set(cases.map(({ kind }) => kind))].toSorted()).toEqual(Object.keys(readers).toSorted())
})

checkLeaks()
