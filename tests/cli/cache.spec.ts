import { expect, test } from '@playwright/test'

import { basename } from 'node:path'

import { flipBitSilently } from '../fixtures/flip-bit.ts'
import { ownCache } from '../fixtures/own-cache.ts'
import { fledge, prepareImage } from './run-fledge.ts'
import { checkLeaks } from '../fixtures/leaks.ts'

prepareImage()

test('cache verify finds damage that nothing else tells of, and says what to do', async () => {
  await using cache = await ownCache('template')
  const env = { FLEDGE_CACHE: cache.folder }
  expect(await fledge(['cache', 'verify'], { env })).toMatchObject({ code: 0 })
  await flipBitSilently(cache.image, 'disk.raw', 0x100_0000)
  await flipBitSilently(cache.prepared, 'vmlinuz', 5_000)
  await flipBitSilently(cache.template, 'memory', 0x100_0000)
  const { code, stdout } = await fledge(['cache', 'verify'], { env })
  expect(code).toBe(1)
  for (const [folder, file] of [
    [cache.image, 'disk.raw'],
    [cache.prepared, 'vmlinuz'],
    [cache.template, 'memory'],
  ] as const) {
    const name = basename(folder)
    expect(stdout.toString()).toMatch(new RegExp(`damaged .* ${name}: .*${file}`))
    expect(stdout.toString()).toContain(`"fledge cache rm ${name}" removes it`)
  }
  // The prepared image goes with what was made from it.
  expect(
    await fledge(['cache', 'rm', basename(cache.prepared), basename(cache.image)], { env }),
  ).toMatchObject({
    code: 0,
  })
  expect(await fledge(['cache', 'verify'], { env })).toMatchObject({ code: 0 })
})

checkLeaks()
