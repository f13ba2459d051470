import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'
import * as fc from 'fast-check'

import { PartFile } from '../../../../src/image/download/part-file.ts'
import { digestOf } from '../../../fixtures/file-server.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'
import { test } from '../../test-in-folder.ts'

test('PartFile has what was added and its digests, in whatever pieces and over however many openings', async ({
  folder,
}) => {
  let run = 0
  const pieces = fc.array(fc.array(fc.nat({ max: 700_000 }), { maxLength: 6 }), {
    minLength: 1,
    maxLength: 3,
  })
  await fc.assert(
    fc.asyncProperty(pieces, async (openings) => {
      const path = join(folder, `part-${++run}`)
      let all = Buffer.alloc(0)
      for (const lengths of openings) {
        await using part = await PartFile.open(path, ['sha256', 'sha512'])
        expect(part.size).toBe(all.length)
        for (const length of lengths) {
          const bytes = Buffer.alloc(length, length % 251)
          await part.append(bytes)
          all = Buffer.concat([all, bytes])
        }
        expect(part.size).toBe(all.length)
        expect(await part.digests()).toEqual({ sha256: digestOf(all), sha512: digestOf(all, 'sha512') })
      }
      expect(digestOf(await readFile(path))).toBe(digestOf(all))
    }),
    { numRuns: 15 },
  )
})

test('PartFile forgets all when it begins anew', async ({ folder }) => {
  const path = join(folder, 'part')
  await using part = await PartFile.open(path, ['sha256'])
  await part.setOrigin({ url: 'http://a.example/', etag: '"one"' })
  for (let piece = 0; piece < 20; piece += 1) await part.append(Buffer.alloc(300_000, piece))
  expect(await part.origin()).toEqual({ url: 'http://a.example/', etag: '"one"' })
  await part.restart()
  expect(part.size).toBe(0)
  expect(await part.origin()).toBeUndefined()
  const bytes = Buffer.from('new')
  await part.append(bytes)
  expect(await part.digests()).toEqual({ sha256: digestOf(bytes) })
  expect(await readFile(path, 'utf8')).toBe('new')
})

checkLeaks()
