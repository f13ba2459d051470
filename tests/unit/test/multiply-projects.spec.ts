import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { matrix } from '../../../src/test/matrix.ts'
import { multiplyProjects } from '../../../src/test/multiply-projects.ts'

const images = ['debian:11-minimal', 'debian:12-minimal']

test('multiplyProjects() makes a project of each image when there is none', () => {
  expect(multiplyProjects({}, images).map(({ name, use }) => [name, use])).toEqual([
    ['debian:11-minimal', { image: 'debian:11-minimal', imageFromCommand: 'debian:11-minimal' }],
    ['debian:12-minimal', { image: 'debian:12-minimal', imageFromCommand: 'debian:12-minimal' }],
  ])
})

test('multiplyProjects() replaces a matrix by the images', () => {
  const projects = matrix({ image: ['debian:13-minimal', 'debian:testing-minimal'], cpus: 1 })
  const multiplied = multiplyProjects({ projects }, images)
  expect(multiplied.map(({ name }) => name)).toEqual(images)
  expect(multiplied[0]?.use).toMatchObject({ cpus: 1, image: 'debian:11-minimal' })
})

test('multiplyProjects() multiplies projects that differ, and names them by both', () => {
  const projects = [
    { name: 'quick', testMatch: /quick/ },
    { name: 'slow', testMatch: /slow/ },
  ]
  expect(multiplyProjects({ projects }, images).map(({ name }) => name)).toEqual([
    'quick on debian:11-minimal',
    'quick on debian:12-minimal',
    'slow on debian:11-minimal',
    'slow on debian:12-minimal',
  ])
  const nameless = [{ testMatch: /quick/ }, { testMatch: /slow/ }]
  expect(multiplyProjects({ projects: nameless }, images)).toHaveLength(4)
})

test('multiplyProjects() leaves alone what other projects need', () => {
  const setup = { name: 'setup', teardown: 'clean' }
  const projects = [setup, { name: 'clean' }, { name: 'all', dependencies: ['setup'] }]
  expect(multiplyProjects({ projects }, ['debian:11-minimal'])).toEqual([
    setup,
    { name: 'clean' },
    expect.objectContaining({ name: 'all on debian:11-minimal', dependencies: ['setup'] }),
  ])
})

checkLeaks()
