import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { wantedImage } from '../../../src/image/wanted-image.ts'

const digest = 'a'.repeat(64)

for (const [name, wanted] of [
  ['debian:trixie-minimal+nginx', { kind: 'packages', spec: { name: 'debian:13-minimal+nginx' } }],
  ['debian:13', { kind: 'disk', cpu: 'x86-64-v1', firmware: 'bios' }],
  ['gentoo', { kind: 'disk', firmware: 'uefi' }],
  ['rocky:9', { kind: 'disk', cpu: 'x86-64-v2' }],
  ['almalinux:10', { kind: 'disk', cpu: 'x86-64-v3' }],
  ['alpine:3.24', { kind: 'disk', cpu: 'x86-64-v1', channel: 'agent' }],
  ['freebsd:15.1', { kind: 'disk', cpu: 'x86-64-v1', channel: 'ssh', firmware: 'bios' }],
  ['openbsd', { kind: 'disk', channel: 'ssh' }],
  ['./disk.qcow2', { kind: 'disk', cpu: 'x86-64-v2', channel: 'agent' }],
  [`https://example.org/disk.qcow2#sha256=${digest}`, { kind: 'disk', cpu: 'x86-64-v2' }],
] as const) {
  test(`wantedImage() knows what "${name.slice(0, 40)}" means`, () => {
    expect(wantedImage(name)).toMatchObject(wanted)
  })
}

function unitsOf(name: string): readonly string[] {
  const wanted = wantedImage(name)
  return wanted.kind === 'disk' ? wanted.noisyUnits : []
}

test('wantedImage() tells which units get in the way: of the distribution, or of any where nothing is known', () => {
  expect(unitsOf('ubuntu:24.04')).toContain('snapd.service')
  expect(unitsOf('ubuntu:24.04')).not.toContain('dnf-makecache.timer')
  expect(unitsOf('./disk.qcow2')).toEqual(
    expect.arrayContaining([
      ...unitsOf('ubuntu:24.04'),
      ...unitsOf('rocky:9'),
      ...unitsOf('opensuse-leap:16.0'),
    ]),
  )
})

for (const [name, include, code, message] of [
  ['debain:13', [], 'ERR_FLEDGE_IMAGE_NOT_FOUND', 'Cannot find an image named "debain:13"'],
  ['debian:13', ['nginx'], 'ERR_FLEDGE_IMAGE_INVALID', 'packages are only built into images from packages'],
  ['debian:13+nginx', [], 'ERR_FLEDGE_IMAGE_INVALID', 'packages are only built into images from packages'],
  [
    './disk.qcow2',
    ['nginx'],
    'ERR_FLEDGE_IMAGE_INVALID',
    'packages are only built into images from packages',
  ],
  ['https://example.org/disk.qcow2', [], 'ERR_FLEDGE_IMAGE_INVALID', 'nothing says which file it has to be'],
] as const) {
  test(`wantedImage() refuses "${name}" ${include.length > 0 ? 'with packages' : 'by itself'}, and says why`, () => {
    expect(() => wantedImage(name, include)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })
}

checkLeaks()
