import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'

import { expect } from '@playwright/test'
import { array, assert, asyncProperty, boolean, record, string, uint8Array } from 'fast-check'

import { readZip, unpack } from '../../../../src/sandbox/verdict/read-zip.ts'
import { storedEntry, writeZip } from '../../../../src/sandbox/verdict/write-zip.ts'
import type { ZipEntry } from '../../../../src/sandbox/verdict/zip-entry.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'
import { test } from '../../test-in-folder.ts'

function deflated(name: string, content: Uint8Array): ZipEntry {
  const packed = deflateRawSync(content)
  return { name, method: 8, crc: crc32(content), size: content.length, packed: () => Promise.resolve(packed) }
}

const files = array(
  record({
    name: string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
    content: uint8Array({ maxLength: 3000 }),
    packed: boolean(),
  }),
  { maxLength: 6 },
)

test('an archive has what was put into it, stored or deflated, and so has a copy of its entries', async ({
  folder,
}) => {
  const [first, second] = [join(folder, 'first.zip'), join(folder, 'second.zip')]
  await assert(
    asyncProperty(files, async (given) => {
      await writeZip(
        first,
        given.map(({ name, content, packed }) =>
          packed ? deflated(name, content) : storedEntry(name, content),
        ),
      )
      {
        const archive = await readZip(first)
        await writeZip(second, archive)
      }
      expect((await readFile(second)).equals(await readFile(first))).toBe(true)
      const archive = await readZip(second)
      const found = await Promise.all(
        archive.map(async (entry) => [entry.name, Buffer.from(await unpack(entry)).toString('hex')]),
      )
      expect(found).toEqual(given.map(({ name, content }) => [name, Buffer.from(content).toString('hex')]))
    }),
    { numRuns: 60 },
  )
})

test('an archive that was altered anywhere has the right content or is an error', async ({ folder }) => {
  const path = join(folder, 'a.zip')
  const content = Buffer.from('some content that is long enough to be deflated'.repeat(9))
  await writeZip(path, [deflated('packed', content), storedEntry('stored', content)])
  const whole = await readFile(path)
  const altered = join(folder, 'altered.zip')
  let errors = 0
  for (let at = 0; at < whole.length; at += 1) {
    const bytes = Buffer.from(whole)
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x55, at)
    await writeFile(altered, bytes)
    try {
      const archive = await readZip(altered)
      for (const entry of archive) expect(Buffer.from(await unpack(entry)).equals(content)).toBe(true)
    } catch (error) {
      expect(error).toBeInstanceOf(Error)
      expect(String(error)).not.toContain('expect(')
      errors += 1
    }
  }
  expect(errors).toBeGreaterThan(whole.length / 3)
})

test('what is no archive is an error that says so', async ({ folder }) => {
  const path = join(folder, 'none.zip')
  for (const content of ['', 'text', 'x'.repeat(1000)]) {
    await writeFile(path, content)
    await expect(readZip(path)).rejects.toThrow('it is not a zip archive')
  }
})

test('an archive that is cut off is an error', async ({ folder }) => {
  const path = join(folder, 'cut.zip')
  await writeZip(path, [storedEntry('a', 'x'.repeat(500))])
  const whole = await readFile(path)
  await writeFile(path, whole.subarray(300))
  await expect(readZip(path)).rejects.toThrow()
})

checkLeaks()
