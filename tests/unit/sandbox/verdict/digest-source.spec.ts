import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { digestSource } from '../../../../src/sandbox/verdict/digest-source.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'
import { test } from '../../test-in-folder.ts'

test('a file, a folder, a device and nothing have digests of their own, and the same each time', async ({
  folder,
}) => {
  const path = join(folder, 'file')
  await writeFile(path, '')
  await mkdir(join(folder, 'empty'))
  const all = [path, join(folder, 'empty'), '/dev/null', join(folder, 'none')]
  const digests = await Promise.all(all.map((each) => digestSource(each)))
  expect(new Set(digests).size).toBe(4)
  expect(digests.slice(2)).toEqual(['special', 'missing'])
  expect(await digestSource(join(path, 'below a file'))).toBe('missing')
  expect(await Promise.all(all.map((each) => digestSource(each)))).toEqual(digests)
  await writeFile(path, 'x')
  expect(await digestSource(path)).not.toBe(digests[0])
})

checkLeaks()
