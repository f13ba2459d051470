import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { expect } from '@playwright/test'
import type { JSONReport } from '@playwright/test/reporter'

import { checkLeaks } from '../fixtures/leaks.ts'
import { test } from './test-in-folder.ts'

const root = join(import.meta.dirname, '../..')

/** What test files leave behind, as the bodies of their tests, and how the check names it. */
const leaks: Readonly<Record<string, readonly [body: string, name: RegExp]>> = {
  child: [`spawn('sleep', ['1000'], { stdio: 'ignore' })`, /process \d+: sleep 1000/],
  'child of a child that has ended': [
    `await once(spawn('sh', ['-c', 'setsid sleep 2000 & exit'], { stdio: 'ignore' }), 'close')`,
    /process \d+: sleep 2000/,
  ],
  'lock that is held': [`await lockFile(join(tmpdir(), 'some.lock'))`, /process \d+: flock .*some\.lock/],
  'listening socket': [
    `await once(createServer().listen(0, '127.0.0.1'), 'listening')`,
    /descriptor \d+: socket:/,
  ],
  'open file': [`openSync('/etc/passwd')`, /descriptor \d+: \/etc\/passwd/],
  interval: [`setInterval(() => {}, 1_000)`, /handle Timeout/],
  variable: [`process.env.FLEDGE_QEMU = '/some/qemu'`, /variable FLEDGE_QEMU=\/some\/qemu/],
  'temporary file': [`writeFileSync(join(tmpdir(), 'left.txt'), '')`, /file .*left\.txt/],
  'half-made template': [
    `mkdirSync(join(cache, 'templates', '.partial-debian-13-minimal-0-' + process.pid + '-abcdef'), { recursive: true })`,
    /file .*templates\/\.partial-debian-13-minimal-0-\d+-abcdef/,
  ],
  'half-made image of a child': [
    `const child = spawn('sh', ['-c', 'mkdir -p "$1/images/.partial-x-$$-abcdef"', 'sh', cache])
     await once(child, 'close')`,
    /file .*images\/\.partial-x-\d+-abcdef/,
  ],
  'disk of a machine': [
    `mkdirSync(join(cache, 'overlays')); writeFileSync(join(cache, 'overlays', 'some-disk'), '')`,
    /file .*overlays\/some-disk/,
  ],
}

const imports = `
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from '@playwright/test'
import { checkLeaks } from '${root}/tests/fixtures/leaks.ts'
import { lockFile } from '${root}/src/util/file-lock.ts'
const cache = process.env.FLEDGE_CACHE
`

/** The errors of a run of test files, by the title of the test that they are told of. */
async function errorsOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const { CI: _, TEST_WORKER_INDEX: __, ...env } = process.env
  const cli = join(root, 'node_modules/@playwright/test/cli.js')
  const run = spawn(process.execPath, [cli, 'test', '--workers=1', '--reporter=json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...env, FLEDGE_CACHE: join(folder, 'cache') },
  })
  const report = JSON.parse(await text(run.stdout)) as JSONReport
  const specs = report.suites.flatMap((suite) => suite.specs)
  return new Map(
    specs.map(({ title, tests }) => {
      const errors = tests.flatMap(({ results }) => results.flatMap((result) => result.errors))
      return [title, errors.map(({ message }) => message).join('\n')]
    }),
  )
}

test('checkLeaks() names each kind of thing that a test file leaves', async ({ folder }) => {
  await mkdir(join(folder, 'node_modules'))
  await symlink(join(root, 'node_modules/@playwright'), join(folder, 'node_modules/@playwright'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  const write = (file: string, tests: readonly (readonly [title: string, body: string])[]): Promise<void> => {
    const bodies = tests.map(([title, body]) => `test('${title}', async () => {\n${body}\n})\n`)
    return writeFile(join(folder, file), `${imports}\n${bodies.join('')}\ncheckLeaks({ settleMs: 500 })\n`)
  }
  // The second is not its worker's first.
  await write('1.spec.ts', [['nothing', `await once(spawn('true'), 'close')`]])
  await write('2.spec.ts', [
    ...Object.entries(leaks).map(([title, [body]]) => [title, body] as const),
    ['the last of all', ''],
  ])
  const errors = await errorsOf(folder)
  const left = errors.get('the last of all') ?? ''
  for (const [, pid] of left.matchAll(/process (\d+): sleep/g)) process.kill(Number(pid))
  expect(errors.get('nothing')).toBe('')
  for (const [what, [, name]] of Object.entries(leaks)) {
    expect(left, what).toMatch(name)
  }
})

test('every test file ends with checkLeaks()', async () => {
  const names = (await readdir(join(root, 'tests'), { recursive: true })).filter((each) =>
    each.endsWith('.spec.ts'),
  )
  const texts = await Promise.all(names.map((name) => readFile(join(root, 'tests', name), 'utf8')))
  expect(names.filter((_, index) => !texts[index]?.endsWith('\n\ncheckLeaks()\n'))).toEqual([])
})

checkLeaks()
