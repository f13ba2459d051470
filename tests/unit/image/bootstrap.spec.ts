import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { bootstrap } from '../../../src/image/bootstrap.ts'
import { recipeFor } from '../../../src/image/recipe/recipe.ts'
import { resolveImage } from '../../../src/image/resolve-image.ts'
import { fakeHost } from './fake-host.ts'

test.beforeEach(() => {
  const users = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user', '--map-auto']
  const namespaces = spawnSync('unshare', [...users, '--mount', '--pid', '--fork', '--mount-proc', 'true'])
  test.skip(namespaces.status !== 0, `namespaces cannot be made here: ${namespaces.stderr.toString()}`)
})

test('bootstrap() gives the proxies of the host to mmdebstrap where no one else reads them', async () => {
  await using host = await fakeHost()
  const [bin = ''] = (process.env['PATH'] ?? '').split(':')
  const proxy = 'Acquire::http::Proxy "http://me:secret@proxy.example:3128";'
  await writeFile(join(bin, 'apt-config'), `#!/bin/sh\necho '${proxy}'\n`)
  await writeFile(
    join(bin, 'mmdebstrap'),
    `#!/bin/sh
[ "$1" != --version ] || exit 0
echo "$*" > "$FAKE_FOLDER/line"
{ stat -c %a "\${1#--aptopt=}"; cat "\${1#--aptopt=}"; } > "$FAKE_FOLDER/settings"
`,
  )
  const folder = join(host.cache, 'partial')
  await mkdir(folder, { recursive: true })
  await bootstrap(
    resolveImage('debian:13-minimal'),
    { sources: [], recipe: recipeFor('trixie', [], 'f'.repeat(32)) },
    join(folder, 'rootfs'),
    { update: () => {} },
  )
  const said = (name: string): Promise<string> => readFile(join(host.cache, '..', name), 'utf8')
  expect(await said('settings')).toBe(`600\n${proxy}\n`)
  expect(await said('line')).not.toContain('secret')
  expect(await readdir(folder)).toEqual([])
})

checkLeaks()
