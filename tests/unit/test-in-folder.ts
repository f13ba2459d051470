import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { test as base } from '@playwright/test'

/** Tests that get a folder, and a cache, of their own. */
export const test = base.extend<{ folder: string; cache: string }>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'fledge-unit-'))
    await use(folder)
    await rm(folder, { recursive: true, force: true })
  },
  cache: async ({ folder }, use) => {
    const before = process.env['FLEDGE_CACHE']
    process.env['FLEDGE_CACHE'] = join(folder, 'cache')
    await use(join(folder, 'cache'))
    if (before === undefined) delete process.env['FLEDGE_CACHE']
    else process.env['FLEDGE_CACHE'] = before
  },
})
