import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import type { FledgeError } from '../../../src/errors.ts'
import { imageNames, resolveImage } from '../../../src/image/resolve-image.ts'

function failure(name: string, options = {}): FledgeError {
  try {
    resolveImage(name, options)
  } catch (error) {
    return error as FledgeError
  }
  throw new Error(`"${name}" was resolved`)
}

test('resolveImage() knows each image by its own name', () => {
  expect(imageNames()).toHaveLength(5)
  for (const name of imageNames()) expect(resolveImage(name).name).toBe(name)
})

for (const [alias, name, suite] of [
  ['debian:bullseye-minimal', 'debian:11-minimal', 'bullseye'],
  ['debian:bookworm-minimal', 'debian:12-minimal', 'bookworm'],
  ['debian:trixie-minimal', 'debian:13-minimal', 'trixie'],
  ['debian:sid-minimal', 'debian:unstable-minimal', 'unstable'],
  ['debian:forky-minimal', 'debian:testing-minimal', 'testing'],
] as const) {
  test(`resolveImage() takes "${alias}" for "${name}"`, () => {
    expect(resolveImage(alias)).toMatchObject({ name, suite, distribution: 'debian', include: [] })
  })
}

test('resolveImage() sorts extra packages of the name and the options, and its name leads back', () => {
  const spec = resolveImage('debian:13-minimal+nginx,libstdc++6', { include: ['g++', 'nginx'] })
  expect(spec.include).toEqual(['g++', 'libstdc++6', 'nginx'])
  expect(spec.name).toBe('debian:13-minimal+g++,libstdc++6,nginx')
  expect(resolveImage(spec.name)).toEqual(spec)
})

for (const [name, near] of [
  ['debian:13-minimla', '"debian:13-minimal"?'],
  ['Debian:Trixie', '"debian:13-minimal" or "debian:13"?'],
  ['debian13', '"debian:13-minimal" or "debian:13"?'],
  ['sid', '"debian:unstable-minimal"?'],
  ['debian:testng-minimal', '"debian:testing-minimal"?'],
  ['ubunut:24.04', '"ubuntu:24.04"?'],
  ['ubuntu:24', '"ubuntu:24.04" or "ubuntu:24.10"?'],
  ['ubuntu:nobel', '"ubuntu:24.04"?'],
  ['fedroa', '"fedora:44"?'],
  ['ubuntu:24.04-minimal', '"ubuntu:24.04"?'],
] as const) {
  test(`resolveImage() suggests ${near} for "${name}"`, () => {
    const error = failure(name)
    expect(error.code).toBe('ERR_FLEDGE_IMAGE_NOT_FOUND')
    expect(error.message).toContain(`"${name}"`)
    expect(error.hint).toContain(`Did you mean ${near}`)
    for (const known of imageNames()) expect(error.hint).toContain(known)
  })
}

for (const [name, title] of [
  ['debian:13', 'Debian 13'],
  ['debian:sid+nginx', 'Debian unstable'],
  ['ubuntu:lts', 'Ubuntu 26.04'],
] as const) {
  test(`resolveImage() says that "${name}" is not built`, () => {
    const error = failure(name)
    expect(error.code).toBe('ERR_FLEDGE_IMAGE_INVALID')
    expect(error.message).toBe(
      `Cannot build "${name}": it is the official image of ${title}, which is downloaded`,
    )
    expect(error.hint).toContain(`"fledge images pull ${name}"`)
  })
}

test('resolveImage() takes no pattern, and says where one can stand', () => {
  const error = failure('debian:*-minimal')
  expect(error.code).toBe('ERR_FLEDGE_IMAGE_NOT_FOUND')
  expect(error.hint).toContain('fledge test --image')
})

test('resolveImage() suggests nothing when nothing is near', () => {
  expect(failure('windows:95').hint).not.toContain('Did you mean')
  expect(failure('').code).toBe('ERR_FLEDGE_IMAGE_NOT_FOUND')
})

test('resolveImage() refuses what cannot be the name of a package', () => {
  for (const wrong of ['Nginx', 'a b', '-o=x', '--x', '', ' ', '/tmp/x.deb', "x'y"]) {
    expect(failure('debian:13-minimal', { include: [wrong] }).code).toBe('ERR_FLEDGE_IMAGE_INVALID')
  }
  for (const name of ['debian:13-minimal+', 'debian:13-minimal+,', 'debian:13-minimal+nginx,']) {
    expect(failure(name).message).toBe(`Cannot include "" in "${name}": not a package name`)
  }
})

test('resolveImage() refuses a mirror with a password, and does not repeat it', () => {
  for (const mirror of [
    'https://me:secret@mirror.example/debian',
    'http://secret@mirror.example',
    'socks://a:secret@b',
  ]) {
    const error = failure('debian:13-minimal', { mirror })
    expect(error.code).toBe('ERR_FLEDGE_IMAGE_INVALID')
    expect(error.message).toContain('password')
    expect(`${error.message} ${error.hint}`).not.toContain('secret')
  }
  const mirror = 'http://mirror.example:3142/~me@home/debian'
  expect(resolveImage('debian:13-minimal', { mirror }).mirror).toBe(mirror)
})

test('resolveImage() refuses what cannot be a mirror, and drops its last slash', () => {
  for (const mirror of ['mirror.example', 'file:///x', 'http://a b', 'http://x [trusted=yes]']) {
    expect(failure('debian:13-minimal', { mirror }).code).toBe('ERR_FLEDGE_IMAGE_INVALID')
  }
  expect(resolveImage('debian:13-minimal', { mirror: 'https://mirror.example/debian/' }).mirror).toBe(
    'https://mirror.example/debian',
  )
})

checkLeaks()
