import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { expect, test as base } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { findTestConfig, namedTestConfig } from '../../../src/cli/test-config-file.ts'

const test = base.extend<{ folder: string; write: (...paths: string[]) => Promise<void> }>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'fledge-'))
    await use(folder)
    await rm(folder, { recursive: true })
  },
  write: async ({ folder }, use) => {
    await use(async (...paths) => {
      for (const path of paths) {
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), '')
      }
    })
  },
})

test('findTestConfig() takes the nearest up to the working directory', async ({ folder, write }) => {
  await write('playwright.config.ts', 'a/b/c/one.spec.ts')
  expect(findTestConfig(join(folder, 'a/b/c'), folder)).toBe(join(folder, 'playwright.config.ts'))
  await write('a/b/playwright.config.mjs')
  expect(findTestConfig(join(folder, 'a/b/c'), folder)).toBe(join(folder, 'a/b/playwright.config.mjs'))
  expect(findTestConfig(join(folder, 'a'), join(folder, 'a'))).toBeUndefined()
})

test('findTestConfig() prefers the one of fledge', async ({ folder, write }) => {
  await write('playwright.config.ts', 'fledge.config.js')
  expect(findTestConfig(folder, folder)).toBe(join(folder, 'fledge.config.js'))
})

test('findTestConfig() goes no further than the package of tests elsewhere', async ({ folder, write }) => {
  await write('playwright.config.ts', 'a/package.json', 'a/tests/one.spec.ts', 'b/here.txt')
  expect(findTestConfig(join(folder, 'a/tests'), join(folder, 'b'))).toBeUndefined()
  await write('a/playwright.config.ts')
  expect(findTestConfig(join(folder, 'a/tests'), join(folder, 'b'))).toBe(
    join(folder, 'a/playwright.config.ts'),
  )
})

test('namedTestConfig() takes a file or its folder, and refuses what is not there', async ({
  folder,
  write,
}) => {
  await write('a/playwright.config.ts')
  expect(namedTestConfig('a', folder)).toBe(join(folder, 'a/playwright.config.ts'))
  expect(namedTestConfig('a/playwright.config.ts', folder)).toBe(join(folder, 'a/playwright.config.ts'))
  expect(() => namedTestConfig('none.ts', folder)).toThrow('Cannot use the configuration "none.ts"')
  expect(() => namedTestConfig('.', folder)).toThrow(`"${folder}" has no configuration`)
  expect(() => namedTestConfig('', folder)).toThrow('it is empty')
})

checkLeaks()
