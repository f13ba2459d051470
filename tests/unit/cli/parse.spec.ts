import { execFileSync } from 'node:child_process'
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'
import { InvalidArgumentError } from 'commander'
import { assert, property, string } from 'fast-check'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { test } from '../test-in-folder.ts'
import { parseCommand } from '../../../src/cli/parse-command.ts'
import { parseCount } from '../../../src/cli/parse-count.ts'
import { parseDuration } from '../../../src/cli/parse-duration.ts'
import { parseOutputFile } from '../../../src/cli/parse-output-file.ts'
import { parsePackages } from '../../../src/cli/parse-packages.ts'
import { parseShare } from '../../../src/cli/parse-share.ts'
import { parseDisk } from '../../../src/cli/parse-disk.ts'
import { parseSize } from '../../../src/cli/parse-size.ts'
import { parseVariable } from '../../../src/cli/parse-variable.ts'

for (const [text, source, target, access] of [
  ['./dist:/mnt/dist', './dist', '/mnt/dist', undefined],
  ['.:/src:overlay', '.', '/src', 'overlay'],
  ['/a:/b:ro', '/a', '/b', 'read-only'],
  ['/a:/b:rw', '/a', '/b', 'read-write'],
  ['/with:colons,and commas:/mnt/x', '/with:colons,and commas', '/mnt/x', undefined],
  ['/a:/mnt/with:colon,comma', '/a', '/mnt/with:colon,comma', undefined],
  ['C:/x:/mnt:rw', 'C:/x', '/mnt', 'read-write'],
  ['/a:/mnt/ro:ro', '/a', '/mnt/ro', 'read-only'],
  ['/a:/mnt:word:ro', '/a', '/mnt:word', 'read-only'],
] as const) {
  test(`parseShare() reads "${text}"`, () => {
    const copyBack = access === 'read-write' ? { copyBack: true } : {}
    expect(parseShare(text)).toEqual({ [target]: { source, ...(access ? { access } : {}), ...copyBack } })
  })
}

test('parseShare() reads back any source, and any target without ":/"', () => {
  const source = string({ minLength: 1 })
  const target = string().filter((text) => !text.includes(':'))
  assert(
    property(source, target, (from, to) => {
      expect(parseShare(`${from}:/${to}`)).toEqual({ [`/${to}`]: { source: from } })
      expect(parseShare(`${from}:/${to}:rw`)).toEqual({
        [`/${to}`]: { source: from, access: 'read-write', copyBack: true },
      })
    }),
  )
})

test('parseShare() gathers shares and refuses a second one at the same path', () => {
  const one = parseShare('/a:/mnt')
  expect(Object.keys(parseShare('/b:/srv', one))).toEqual(['/mnt', '/srv'])
  expect(() => parseShare('/b:/mnt:rw', one)).toThrow('"/mnt" has a share already')
})

for (const text of [
  '',
  'dist',
  ':/mnt',
  'dist:mnt',
  'dist:',
  '/only/this',
  'a:ro',
  '/a:/mnt:RO',
  '/a:/mnt:',
]) {
  test(`parseShare() refuses "${text}"`, () => {
    expect(() => parseShare(text)).toThrow(InvalidArgumentError)
  })
}

for (const [text, unit, size] of [
  ['1024', 'MiB', 1024],
  ['512M', 'MiB', 512],
  ['2G', 'MiB', 2048],
  ['1.5GiB', 'MiB', 1536],
  ['2 gb', 'MiB', 2048],
  ['20', 'GiB', 20],
  ['1T', 'GiB', 1024],
] as const) {
  test(`parseSize() reads "${text}" as ${size} ${unit}`, () => {
    expect(parseSize(text, unit, [1, 2048])).toBe(size)
  })
}

for (const text of ['', '0', '-1', '1.5', '1K', '2049', '3G', 'much', '1GB2', 'NaN', '1e3']) {
  test(`parseSize() refuses "${text}"`, () => {
    expect(() => parseSize(text, 'MiB', [1, 2048])).toThrow('a whole number of MiB from 1 to 2048')
  })
}

for (const [text, size] of [
  ['20', 20],
  ['1T', 1024],
  ['+2', '+2'],
  ['+2G', '+2'],
] as const) {
  test(`parseDisk() reads "${text}"`, () => {
    expect(parseDisk(text, [1, 2048])).toBe(size)
  })
}

for (const text of ['', '+', '+0', '++1', '1+', '+512M', '+2049']) {
  test(`parseDisk() refuses "${text}"`, () => {
    expect(() => parseDisk(text, [1, 2048])).toThrow('a whole number of GiB from 1 to 2048')
  })
}

for (const [text, milliseconds] of [
  ['90', 90_000],
  ['0.5', 500],
  ['1.5s', 1500],
  ['250ms', 250],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['30d', 2_592_000_000],
  ['2w', 1_209_600_000],
] as const) {
  test(`parseDuration() reads "${text}"`, () => {
    expect(parseDuration(text, 'limit')).toBe(milliseconds)
  })
}

test('parseDuration() counts days where that is the unit', () => {
  expect(parseDuration('30', 'age')).toBe(2_592_000_000)
  for (const text of ['', 'd', '-1d', '1y', '1 constructor', 'soon'])
    expect(() => parseDuration(text, 'age')).toThrow('number of days')
})

test('parseDuration() takes an age of 0, and no time limit of 0', () => {
  expect(parseDuration('0', 'age')).toBe(0)
  for (const text of ['0', '0.0h']) {
    expect(() => parseDuration(text, 'limit')).toThrow('number of seconds above 0')
  }
})

test('parseCount() takes whole numbers within bounds', () => {
  for (const count of [1, 4, 64]) expect(parseCount(`${count}`, [1, 64])).toBe(count)
  for (const text of ['0', '65', '-1', '1.5', '', '0x4', ' 4'])
    expect(() => parseCount(text, [1, 64])).toThrow('a whole number from 1 to 64')
})

test('parseCommand() takes empty arguments, and no empty program', () => {
  expect(parseCommand('', parseCommand('echo'))).toEqual(['echo', ''])
  expect(() => parseCommand('')).toThrow('It must be a program')
})

test('parsePackages() gathers names', () => {
  expect(parsePackages('nginx, curl', parsePackages('vim'))).toEqual(['vim', 'nginx', 'curl'])
})

test('parseOutputFile() leaves what is there, and nothing where nothing was', async ({ folder }) => {
  const [file, link, pipe] = ['file', 'link', 'pipe'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  expect(parseOutputFile(file)).toBe(file)
  expect(await readdir(folder)).toEqual([])
  await writeFile(file, 'what was there')
  await symlink(file, link)
  execFileSync('mkfifo', [pipe])
  for (const path of [file, link, pipe]) expect(parseOutputFile(path)).toBe(path)
  expect(await readFile(link, 'utf8')).toBe('what was there')
  expect((await readdir(folder)).toSorted()).toEqual(['file', 'link', 'pipe'])
})

test('parseVariable() takes values as they are, and those of this process', () => {
  process.env['FLEDGE_TEST_VARIABLE'] = 'from here'
  const given = parseVariable('FLEDGE_TEST_VARIABLE', parseVariable('A=b=c', parseVariable('EMPTY=')))
  expect(given).toEqual({ EMPTY: '', A: 'b=c', FLEDGE_TEST_VARIABLE: 'from here' })
  delete process.env['FLEDGE_TEST_VARIABLE']
  expect(() => parseVariable('FLEDGE_TEST_VARIABLE')).toThrow('There is no variable')
  expect(() => parseVariable('=x')).toThrow('NAME=VALUE')
})

checkLeaks()
