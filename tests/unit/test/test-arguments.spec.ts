import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { readTestArguments } from '../../../src/cli/test-arguments.ts'
import { imageNames } from '../../../src/cli/image-names.ts'

const cwd = import.meta.dirname

test('readTestArguments() makes paths that exist exact, and leaves other patterns', () => {
  const read = readTestArguments(['matrix.spec.ts:5', '..', 'no-such', '-x'], cwd)
  const exact = cwd.replaceAll('.', '\\.')
  expect(read.passed).toEqual([
    `^${exact}/matrix\\.spec\\.ts$:5`,
    `^${exact.replace(/\/test$/, '')}/`,
    'no-such',
    '-x',
  ])
  expect(read.files).toEqual([`${cwd}/matrix.spec.ts`])
  expect(read.folder).toBeUndefined()
})

test('readTestArguments() takes for a pattern what cannot be a path', () => {
  const patterns = ['matrix.spec.ts/x', 'x'.repeat(5_000)]
  expect(readTestArguments(patterns, cwd)).toMatchObject({ passed: patterns, files: [] })
})

test('readTestArguments() finds the folder above all that is named', () => {
  expect(readTestArguments([], cwd).folder).toBeUndefined()
  expect(readTestArguments(['.'], cwd).folder).toBe(cwd)
  expect(readTestArguments(['matrix.spec.ts'], cwd).folder).toBe(cwd)
  expect(readTestArguments(['matrix.spec.ts', '../image'], cwd).folder).toBe(cwd.replace(/\/test$/, ''))
})

test('readTestArguments() takes no value of an option for a path', () => {
  const args = ['--project', 'a', 'matrix.spec.ts', '-g', 'matrix.spec.ts', '-u', '-j4', '--shard=1/2']
  expect(readTestArguments(args, cwd)).toMatchObject({ passed: args, files: [] })
})

test('readTestArguments() takes the configuration in all its spellings', () => {
  for (const args of [['-c', 'x.ts'], ['--config', 'x.ts'], ['--config=x.ts'], ['-cx.ts']]) {
    expect(readTestArguments([...args, '-x'], cwd)).toMatchObject({ config: 'x.ts', passed: ['-x'] })
  }
})

test('readTestArguments() refuses an empty path and a configuration without a name', () => {
  for (const args of [['matrix.spec.ts', ''], ['-c'], ['--config']]) {
    expect(() => readTestArguments(args, cwd)).toThrow(expect.objectContaining({ code: 'ERR_FLEDGE_OPTION' }))
  }
  expect(readTestArguments(['-g', ''], cwd).passed).toEqual(['-g', ''])
  for (const args of [['--config='], ['-c='], ['-c', '']]) {
    expect(readTestArguments(args, cwd)).toMatchObject({ config: '', passed: [] })
  }
})

test('imageNames() splits at commas, but not between the packages of one image', () => {
  expect(imageNames('debian:12-minimal, debian:13-minimal')).toEqual([
    'debian:12-minimal',
    'debian:13-minimal',
  ])
  expect(imageNames('debian:13-minimal+nginx,curl,debian:12-minimal')).toEqual([
    'debian:13-minimal+nginx,curl',
    'debian:12-minimal',
  ])
  expect(imageNames('./a.qcow2', ['debian:13-minimal'])).toEqual(['debian:13-minimal', './a.qcow2'])
  expect(() => imageNames('debian:13-minimal,')).toThrow('has no name')
  expect(() => imageNames('a:1,a:1')).toThrow('"a:1" is there twice')
})

checkLeaks()
