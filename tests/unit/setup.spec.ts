import { spawnSync } from 'node:child_process'
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { test } from './test-in-folder.ts'

const script = join(import.meta.dirname, '../../scripts/setup.sh')

for (const [code, installs] of [
  ['EUSAGE', true],
  ['ECONNREFUSED', false],
] as const) {
  const title = installs ? 'installs without the lock file' : 'fails'
  test(`setup.sh ${title} when "npm ci" ends with ${code}`, async ({ folder }) => {
    await Promise.all(['scripts', 'bin', 'node_modules'].map((name) => mkdir(join(folder, name))))
    await copyFile(script, join(folder, 'scripts/setup.sh'))
    const programs = {
      'dpkg-query': 'printf installed',
      npm: `echo "$1" >> calls; [ "$1" = install ] || { echo 'npm error code ${code}' >&2; exit 5; }`,
    }
    for (const [name, text] of Object.entries(programs)) {
      await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${text}\n`)
      await chmod(join(folder, 'bin', name), 0o755)
    }
    const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` }
    const run = spawnSync('sh', [join(folder, 'scripts/setup.sh')], { env, encoding: 'utf8' })
    expect(run.status).toBe(installs ? 0 : 5)
    expect(run.stderr).toContain(`npm error code ${code}`)
    expect(await readFile(join(folder, 'calls'), 'utf8')).toBe(installs ? 'ci\ninstall\n' : 'ci\n')
  })
}

checkLeaks()
