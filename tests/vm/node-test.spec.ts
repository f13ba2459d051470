import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { checkLeaks } from '../fixtures/leaks.ts'
import { expect, test } from '../fixtures/machine.ts'

test('the library works under node:test', () => {
  const path = fileURLToPath(new URL('../fixtures/programs/launch.test.mjs', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', path], {
    encoding: 'utf8',
  })
  expect(stdout + stderr).toContain('# pass 1')
  expect(status).toBe(0)
})

checkLeaks()
