import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { compileLibrary } from '../compiled-library.ts'

test('folderInCache leaves nothing half filled when its process exits', async () => {
  await using library = await compileLibrary()
  const parent = mkdtempSync(join(tmpdir(), 'fledge-exit-'))
  const script = `
    import { writeFileSync } from 'node:fs'
    const { folderInCache } = await library('util/folder-in-cache.js')
    await folderInCache({
      folder: process.argv[1],
      read: async () => undefined,
      fill: async (partial) => {
        writeFileSync(partial + '/half', 'x')
        console.log(partial)
        process.exit(3)
      },
    })`
  try {
    const child = library.run(script, join(parent, 'made'))
    if (!child.stdout) throw new Error('no standard output')
    const [stdout, [status]] = await Promise.all([text(child.stdout), once(child, 'close')])
    expect(stdout).toContain('.partial-made-')
    expect(status).toBe(3)
    expect(readdirSync(parent)).toEqual(['made.lock'])
  } finally {
    rmSync(parent, { recursive: true })
  }
})

checkLeaks()
