import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { imageCatalog } from '../../../src/image/catalog/catalog.ts'
import { expandImages } from '../../../src/image/expand-images.ts'
import { imageNames } from '../../../src/image/resolve-image.ts'

test('expandImages() turns other names of official images into their own, and leaves names of images from packages', () => {
  const names = ['ubuntu:lts', 'fedora', 'debian:13', 'debian:trixie-minimal', 'debian:13-minimal+ab,cd']
  expect(expandImages(names)).toEqual([
    'ubuntu:26.04',
    'fedora:44',
    'debian:13',
    'debian:trixie-minimal',
    'debian:13-minimal+ab,cd',
  ])
})

test('expandImages() gives no image twice', () => {
  expect(expandImages(['ubuntu:26.04', 'ubuntu:lts', 'ubuntu:26*'])).toEqual(['ubuntu:26.04'])
})

test('a pattern means all official images of today: none that has ended, is unofficial, or not released yet', () => {
  const debian = expandImages(['debian:*'])
  expect(debian).toContain('debian:13')
  expect(debian).toContain('debian:sid')
  expect(debian).not.toContain('debian:11')
  const all = expandImages(['*'])
  const current = imageCatalog().filter(({ status }) => !['eol', 'preview', 'unofficial'].includes(status))
  expect(all).toEqual(current.map(({ name }) => name))
  expect(all).not.toContain('ubuntu:20.04')
  expect(all).toContain('freebsd:15.1')
  expect(all).not.toContain('openbsd:7.9')
  expect(all).toContain('fedora:44')
  expect(all).not.toContain('fedora:45')
})

test('a pattern matches aliases as well', () => {
  expect(expandImages(['alma:*'])).toEqual(expandImages(['almalinux:*']))
  expect(expandImages(['*:lts'])).toEqual(['ubuntu:26.04'])
})

test('a pattern that ends with "-minimal" means images from packages, with their packages', () => {
  const current = imageNames().filter((name) => name !== 'debian:11-minimal')
  expect(expandImages(['debian:*-minimal'])).toEqual(current)
  expect(expandImages(['debian:*-minimal+nginx,curl'])).toEqual(current.map((name) => `${name}+nginx,curl`))
})

test('a character of a pattern stands for itself unless it is "*"', () => {
  expect(() => expandImages(['debian.1*'])).toThrow('Cannot find an image that "debian.1*" matches')
  expect(() => expandImages(['(*'])).toThrow('Cannot find an image that "(*" matches')
})

test('a pattern that matches nothing is an error that says what there is', () => {
  expect(() => expandImages(['nix:*'])).toThrow(
    expect.objectContaining({
      code: 'ERR_FLEDGE_IMAGE_NOT_FOUND',
      hint: '"fledge images ls --all" lists all',
    }),
  )
  expect(() => expandImages(['ubuntu:23.*'])).toThrow(
    expect.objectContaining({
      code: 'ERR_FLEDGE_IMAGE_NOT_FOUND',
      hint: 'Those that it matches are past their support, not out yet, or unofficial: ubuntu:23.04, ubuntu:23.10',
    }),
  )
})

checkLeaks()
