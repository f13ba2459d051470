import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { matrix } from '../../../src/test/matrix.ts'

test('matrix() makes a project of each image, with the other options in all', () => {
  expect(matrix({ image: ['debian:12-minimal', 'debian:13-minimal'], memoryMiB: 2048 })).toEqual([
    { name: 'debian:12-minimal', use: { image: 'debian:12-minimal', memoryMiB: 2048 } },
    { name: 'debian:13-minimal', use: { image: 'debian:13-minimal', memoryMiB: 2048 } },
  ])
})

test('matrix() makes a project of each image that a pattern or another name means', () => {
  const names = matrix({ image: ['debian:*', 'debian:stable', 'ubuntu:lts', 'debian:1*-minimal'] }).map(
    ({ name }) => name,
  )
  expect(names).toEqual([
    'debian:12',
    'debian:13',
    'debian:sid',
    'ubuntu:26.04',
    'debian:12-minimal',
    'debian:13-minimal',
  ])
  expect(() => matrix({ image: ['nix:*'] })).toThrow('Cannot find an image that "nix:*" matches')
})

test('matrix() refuses no images, and one image twice', () => {
  expect(() => matrix({ image: [] })).toThrow('it must be an array of image names')
  expect(() => matrix({ image: 'debian:13-minimal' as unknown as string[] })).toThrow('it must be an array')
  expect(() => matrix({ image: ['debian:13-minimal', 'debian:13-minimal'] })).toThrow(
    '"debian:13-minimal" twice',
  )
})

checkLeaks()
