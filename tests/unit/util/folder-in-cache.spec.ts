import { once } from 'node:events'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { expect } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { folderInCache } from '../../../src/util/folder-in-cache.ts'
import { compileLibrary } from '../compiled-library.ts'
import { test } from '../test-in-folder.ts'

test('folderInCache() tells why filling failed, even if what is there cannot be removed', async ({
  folder,
}) => {
  const filling = folderInCache({
    folder: join(folder, 'made'),
    read: () => Promise.resolve(undefined),
    fill: () => Promise.reject(new Error('no mirror')),
    remove: () => Promise.reject(new Error('busy')),
  })
  await expect(filling).rejects.toMatchObject({ message: 'no mirror', suppressed: { message: 'busy' } })
})

test('folderInCache() lets its process exit as it wants when something half filled cannot be removed', async ({
  folder,
}) => {
  await using library = await compileLibrary()
  const [one, two] = [join(folder, 'one'), join(folder, 'two')]
  await Promise.all([mkdir(one), mkdir(two)])
  // Where the first was there is now a file, which makes its removal an error.
  const child = library.run(
    `
    import { renameSync, writeFileSync } from 'node:fs'
    const { folderInCache } = await library('util/folder-in-cache.js')
    const [, one, two] = process.argv
    const make = (folder) => new Promise((begun) =>
      void folderInCache({
        folder: folder + '/made',
        read: async () => undefined,
        fill: async () => (begun(), new Promise(() => {})),
      }))
    await make(one)
    await make(two)
    renameSync(one, one + '-moved')
    writeFileSync(one, '')
    process.on('exit', (code) => console.log('exits with ' + code))
    process.exit(3)`,
    one,
    two,
  )
  const said = child.stdout === null ? '' : text(child.stdout)
  expect(await once(child, 'close')).toEqual([3, null])
  expect((await said).trim()).toBe('exits with 3')
  expect(await readdir(two)).toEqual(['made.lock'])
})

checkLeaks()
