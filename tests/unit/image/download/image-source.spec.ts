import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

import { expect, test } from '@playwright/test'

import { parseImageSource } from '../../../../src/image/download/image-source.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'

const sha256 = 'ab'.repeat(32)
const sha512 = 'CD'.repeat(64)

for (const name of ['debian:13', 'debian:13-minimal+nginx', 'ubuntu', 'disk.qcow2', 'http:', '', 'a/b']) {
  test(`parseImageSource() leaves ${JSON.stringify(name)} to the distributions`, () => {
    expect(parseImageSource(name)).toBeUndefined()
  })
}

for (const [name, path] of [
  ['./disk.qcow2', resolve('disk.qcow2')],
  ['../disk.raw', resolve('../disk.raw')],
  ['/images/disk.qcow2', '/images/disk.qcow2'],
  ['~/disk.qcow2', join(homedir(), 'disk.qcow2')],
] as const) {
  test(`parseImageSource() takes ${name} for a file`, () => {
    expect(parseImageSource(name)).toEqual({ kind: 'file', path })
  })
}

for (const [name, build] of [
  [`https://a.example/x.qcow2#sha256=${sha256}`, { url: 'https://a.example/x.qcow2', sha256 }],
  [
    `http://a.example/x.raw.xz#sha512=${sha512}`,
    { url: 'http://a.example/x.raw.xz', sha512, compression: 'xz' },
  ],
  [
    `https://a.example/x.gz?v=1#sha256=${sha256}`,
    { url: 'https://a.example/x.gz?v=1', sha256, compression: 'gz' },
  ],
  [
    `HTTPS://A.example/x.img.zst#sha256=${sha256}&sha512=${sha512}`,
    { url: 'https://a.example/x.img.zst', sha256, sha512, compression: 'zst' },
  ],
] as const) {
  test(`parseImageSource() takes ${name.slice(0, 40)}… for an address`, () => {
    expect(parseImageSource(name)).toEqual({ kind: 'url', name: build.url, build: { mirrors: [], ...build } })
  })
}

for (const [name, says] of [
  ['https://a.example/x.qcow2', 'nothing says which file it has to be'],
  ['https://a.example/x.qcow2#', 'nothing says which file it has to be'],
  ['https://a.example/x.qcow2#sha256=abc', 'a sha256 has 64 hexadecimal digits'],
  [`https://a.example/x.qcow2#sha256=${'xy'.repeat(32)}`, 'a sha256 has 64 hexadecimal digits'],
  [`https://a.example/x.qcow2#sha512=${sha256}`, 'a sha512 has 128 hexadecimal digits'],
  ['https://a.example/x.qcow2#md5=abc', '"md5" is no digest that is known'],
  ['https://a.example/x.qcow2#constructor=abc', '"constructor" is no digest that is known'],
  ['https://a.example/x.qcow2#top', '"top" is no digest that is known'],
  [`ftp://a.example/x.qcow2#sha256=${sha256}`, 'only http:// and https://'],
  ['file:///x.qcow2', 'only http:// and https://'],
  ['https://', 'only http:// and https://'],
  [`https://me:secret@a.example/x.qcow2#sha256=${sha256}`, 'a user or a password'],
] as const) {
  test(`parseImageSource() refuses ${name.slice(0, 50)}: ${says}`, () => {
    expect(() => parseImageSource(name)).toThrow(
      expect.objectContaining({ code: 'ERR_FLEDGE_IMAGE_INVALID', message: expect.stringContaining(says) }),
    )
    expect(() => parseImageSource(name)).not.toThrow('secret')
  })
}

test('an address without a digest is told how to get one', () => {
  expect(() => parseImageSource('https://a.example/x.qcow2')).toThrow(
    expect.objectContaining({ hint: expect.stringMatching(/#sha256=.*sha256sum/) }),
  )
})

checkLeaks()
