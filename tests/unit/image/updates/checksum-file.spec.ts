import { expect, test } from '@playwright/test'
import * as fc from 'fast-check'

import { checkLeaks } from '../../../fixtures/leaks.ts'
import { digestsOf, namesIn } from '../../../../src/image/catalog/updates/checksum-file.ts'
import { digest } from './sample.ts'

const sha256 = digest('image')
const other = digest('other')
const sha512 = digest('image', 'sha512')

for (const [kind, text, found] of [
  ['GNU, as text', `${other}  b.img\n${sha256}  a.img\n`, { sha256 }],
  ['GNU, as binary', `${sha256} *a.img\n${other} *b.img\n`, { sha256 }],
  ['GNU with one space', `${sha256} a.img\n`, { sha256 }],
  ['GNU with the line ends of Windows', `${other}  b.img\r\n${sha256}  a.img\r\n`, { sha256 }],
  ['GNU, SHA-512', `${sha512}  a.img\n`, { sha512 }],
  ['BSD', `SHA256 (b.img) = ${other}\nSHA256 (a.img) = ${sha256}\n`, { sha256 }],
  ['BSD, two algorithms', `SHA256 (a.img) = ${sha256}\nSHA512 (a.img) = ${sha512}\n`, { sha256, sha512 }],
  ['BSD with others', `MD5 (a.img) = ${'0'.repeat(32)}\nSHA256 (a.img) = ${sha256}\n`, { sha256 }],
  ['BSD with a size', `# a.img: 123 bytes\nSHA256 (a.img) = ${sha256}\n`, { sha256, bytes: 123 }],
  ['BSD with the size of another', `# ba.img: 123 bytes\nSHA256 (a.img) = ${sha256}\n`, { sha256 }],
  ['a digest alone', `${sha256}\n`, { sha256 }],
  ['a SHA-512 alone', sha512, { sha512 }],
  ['upper case', `${sha256.toUpperCase()}  a.img\n`, { sha256 }],
  ['twice the same', `${sha256}  a.img\n${sha256}  a.img\n`, { sha256 }],
  [
    'clearsigned',
    `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n# a.img: 5 bytes\nSHA256 (a.img) = ${sha256}\n` +
      `-----BEGIN PGP SIGNATURE-----\n\n${other}  a.img\n-----END PGP SIGNATURE-----\n`,
    { sha256, bytes: 5 },
  ],
  ['a line with an escaped dash', `- ${sha256}  a.img\n`, { sha256 }],
] as const) {
  test(`digestsOf() reads a checksum file: ${kind}`, () => {
    expect(digestsOf(text, 'a.img', 'SUMS')).toEqual(found)
  })
}

for (const [why, text, message] of [
  ['it is empty', '', 'no digest of a.img'],
  ['it is a page', '<html><h1>Not found</h1></html>', 'no digest of a.img'],
  ['only a longer name is there', `${sha256}  ba.img\n${other}  a.img.xz\n`, 'no digest of a.img'],
  ['only a path to it is there', `${sha256}  old/a.img\n`, 'no digest of a.img'],
  ['it has several digests without names', `${sha256}\n${other}\n`, 'no digest of a.img'],
  ['a digest without a name is beside others', `${sha256}\n${other}  b.img\n`, 'no digest of a.img'],
  ['the digest is cut off', `${sha256.slice(1)}  a.img\n`, 'no digest of a.img'],
  ['the digest is of another algorithm', `SHA512 (a.img) = ${sha256}\n`, 'no digest of a.img'],
  ['there are only weak digests', `${'0'.repeat(40)}  a.img\n`, 'no digest of a.img'],
  ['the digest is behind the signature', `-----BEGIN PGP SIGNATURE-----\n${sha256}  a.img\n`, 'no digest'],
  ['it has two that differ', `${sha256}  a.img\n${other}  a.img\n`, 'two digests of a.img'],
] as const) {
  test(`digestsOf() refuses a checksum file when ${why}`, () => {
    expect(() => digestsOf(text, 'a.img', 'https://x.example/SUMS')).toThrow(
      expect.objectContaining({
        code: 'ERR_FLEDGE_IMAGE_INDEX',
        message: expect.stringContaining(`https://x.example/SUMS has ${message}`),
      }),
    )
  })
}

test('digestsOf() finds every name that is written in one of the formats, and only that', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9_.+~-]{1,20}$/)
  const hex = fc.stringMatching(/^[0-9a-f]{64}$/)
  const formats = [
    (digest: string, name: string) => `${digest}  ${name}`,
    (digest: string, name: string) => `${digest} *${name}`,
    (digest: string, name: string) => `SHA256 (${name}) = ${digest}`,
  ]
  fc.assert(
    fc.property(fc.dictionary(name, hex, { minKeys: 1 }), fc.nat(2), (digests, format) => {
      const text = Object.entries(digests)
        .map(([name, digest]) => formats[format]?.(digest, name))
        .join('\n')
      expect(namesIn(text)).toEqual(Object.keys(digests))
      for (const [name, sha256] of Object.entries(digests)) {
        expect(digestsOf(text, name, 'SUMS')).toEqual({ sha256 })
      }
    }),
  )
})

checkLeaks()
