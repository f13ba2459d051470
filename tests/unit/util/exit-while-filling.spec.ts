import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'

test('folderInCache leaves nothing half filled when its process exits', () => {
  const parent = mkdtempSync(join(tmpdir(), 'fledge-exit-'))
  const module = new URL('../../../dist/util/folder-in-cache.js', import.meta.url).href
  const script = `
    import { writeFileSync } from 'node:fs'
    import { folderInCache } from ${JSON.stringify(module)}
    await folderInCache({
      folder: ${JSON.stringify(join(parent, 'made'))},
      read: async () => undefined,
      fill: async (partial) => {
        writeFileSync(partial + '/half', 'x')
        console.log(partial)
        process.exit(3)
      },
    })`
  try {
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    })
    expect(stdout).toContain('.partial-made-')
    expect(status).toBe(3)
    expect(readdirSync(parent)).toEqual(['made.lock'])
  } finally {
    rmSync(parent, { recursive: true })
  }
})

checkLeaks()
