import { readdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { expect } from '@playwright/test'
import * as v from 'valibot'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { remembered, rememberedFile } from '../../../src/util/remembered.ts'
import { test } from '../test-in-folder.ts'

const schema = v.object({ answer: v.number() })

test.beforeEach(({ cache }) => void cache)

test('remembered() finds a fact once for each fingerprint', async () => {
  let found = 0
  const asked = (fingerprint: string): Promise<{ answer: number }> =>
    remembered('fact', fingerprint, schema, async () => ({ answer: ++found }))
  expect([await asked('a'), await asked('a'), await asked('b'), await asked('a')]).toEqual(
    [1, 1, 2, 1].map((answer) => ({ answer })),
  )
  expect(await readdir(dirname(rememberedFile('fact', 'a')))).toHaveLength(2)
})

const ask = (): Promise<unknown> => remembered('fact', 'a', schema, async () => ({ answer: 42 }))

for (const damage of ['', '{"answer":', '{"answer":"42"}', 'null', '\0']) {
  test(`remembered() finds a fact anew that is kept as ${JSON.stringify(damage)}`, async () => {
    await ask()
    await writeFile(rememberedFile('fact', 'a'), damage)
    expect(await ask()).toEqual({ answer: 42 })
  })
}

test('remembered() keeps nothing of a failure, and needs no place to keep a fact', async ({ cache }) => {
  const broken = remembered('fact', 'a', schema, () => Promise.reject(new Error('not now')))
  await expect(broken).rejects.toThrow('not now')
  await writeFile(cache, 'a file where the cache should be')
  expect(await remembered('fact', 'a', schema, async () => ({ answer: 7 }))).toEqual({ answer: 7 })
})

checkLeaks()
