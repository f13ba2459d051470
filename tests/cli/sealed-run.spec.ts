import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test as base } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { type OwnOwner, ownOwner } from '../fixtures/own-owner.ts'
import { inTerminal } from './terminal.ts'
import { resultOf, testProject } from './test-project.ts'

/** Tests whose sealed runs have an owner of their own, which ends with them. */
const test = base.extend<{ owner: OwnOwner }>({
  owner: [
    async ({}, use) => {
      await using owner = await ownOwner()
      await use(owner)
    },
    { auto: true },
  ],
})

const asJson = ['--sandbox', '--reporter=json', '--workers=1'] as const

/** What a test file begins with, that reads files. */
const imports = `
import fs from 'node:fs'
import { expect, test } from 'fledge/test'
const read = (path) => fs.readFileSync(path, 'utf8')
`

/** Tests that read files named after them. */
function body(...names: readonly string[]): string {
  return names
    .map((name) => `test('${name}', () => { expect(read('data/${name}')).toBe('${name}') })`)
    .join('\n')
}

/** What is added to an error. */
function sentence(name: string, pattern = name): string {
  return `"${name}" is no input of this sealed run; declare it: use: { inputs: ['${pattern}'] }`
}

/** Output without times. */
function bare(text: string): string {
  return text.replaceAll(/\d+(\.\d+)?(ms|s)\b/g, 'TIME')
}

test('inputs may be one pattern, two or three, in a file, a describe and the configuration', async () => {
  await using project = await testProject({
    'playwright.config.ts': `
export default { use: { inputs: ['data/six', 'data/seven'] }, projects: [{ name: 'p', use: { inputs: ['data/six', 'data/seven'] } }] }`,
    'one.spec.js': `${imports}test.use({ inputs: ['data/one'] })\n${body('one', 'six', 'seven')}`,
    'two.spec.js': `${imports}test.use({ inputs: ['data/t*o', 'data/three'] })\n${body('two', 'three')}`,
    'three.spec.js': `${imports}test.describe('d', () => {
  test.use({ inputs: ['data/four', './data/five', '!data/never', 'more'] })
  ${body('four', 'five')}
  test('a folder is all in it', () => { read('more/deep/file') })
  test('never', () => { read('data/never') })
})`,
    ...Object.fromEntries(
      ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'never'].map((name) => [`data/${name}`, name]),
    ),
    'more/deep/file': '',
  })
  const { results, output } = await project.run(...asJson)
  const statuses = [...results].map(([title, [result]]) => [title, result?.status])
  expect(Object.fromEntries(statuses), output).toEqual({
    ...Object.fromEntries(
      ['one', 'two', 'three', 'four', 'five', 'six', 'seven'].map((name) => [name, 'passed']),
    ),
    'a folder is all in it': 'passed',
    never: 'failed',
  })
})

test('who reaches for what is no input is told its path, and how to declare it', async () => {
  await using project = await testProject({
    'a.spec.js': `${imports}
import { execFileSync } from 'node:child_process'
test('file', () => { read('fixtures/a b.txt') })
test('folder', () => { fs.readdirSync('fixtures') })
test('absolute', () => { read(import.meta.dirname + '/fixtures/deep/b.txt') })
test('program', () => { execFileSync('cat', ['fixtures/deep/b.txt'], { encoding: 'utf8' }) })
test('module', async () => { const name = './module' ; await import(name + '.js') })
test('outside', () => { read('/var/lib/dpkg/status') })
test('nothing', () => { read('none.txt') })
test('other', () => { throw new Error('fixtures/deep/b.txt is wrong') })
test('write', () => { fs.writeFileSync('out.txt', '') })
`,
    'fixtures/a b.txt': '',
    'fixtures/deep/b.txt': '',
    'module.js': '',
  })
  const run = await project.run(...asJson)
  const said = (title: string): string => resultOf(run, title).error?.message ?? ''
  expect(said('file')).toContain(sentence('fixtures/a b.txt'))
  expect(said('folder')).toContain(sentence('fixtures', 'fixtures/**'))
  expect(said('absolute')).toContain(sentence('fixtures/deep/b.txt'))
  expect(said('program')).toContain(sentence('fixtures/deep/b.txt'))
  expect(said('module')).toContain(sentence('module.js'))
  expect(said('outside')).toContain(
    `if "/var/lib/dpkg/status" exists outside: ${sentence('/var/lib/dpkg/status')}`,
  )
  expect(said('nothing')).toMatch(/ENOENT/)
  expect(said('nothing')).not.toMatch(/sealed/)
  expect(said('other')).not.toMatch(/sealed/)
  expect(said('write')).toContain(
    `"out.txt" cannot be written: in a sealed run only the folder of results and /tmp can`,
  )
})

test('what is imported is found: aliases, JSON, links, workspaces, require, and what the configuration names', async () => {
  await using project = await testProject({
    'package.json': '{ "name": "root", "type": "module", "workspaces": ["packages/*"] }',
    'tsconfig.json': '{ "extends": "./config/base", /* as is allowed */ }',
    'config/base.json': '{ "compilerOptions": { "paths": { "@lib/*": ["../lib/*"] } }, }',
    'playwright.config.ts': `
import { where } from './config/where'
export default { testDir: where, globalSetup: './config/setup' }`,
    'config/where.ts': `export const where: string = 'tests'`,
    'config/setup.ts': `export default () => { process.env.SET_UP = 'yes' }`,
    'tests/a.spec.ts': `
import { expect, test } from 'fledge/test'
import { alias } from '@lib/alias'
import data from '../lib/data.json' with { type: 'json' }
import { linked } from '../lib/link'
import { member } from 'member'
import { old } from '../lib/old.cjs'
import type { Gone } from './gone'
test('all', async () => {
  const { later } = await import('../lib/later')
  const x: Gone | undefined = undefined
  expect([alias, data.json, linked, member, old, later, process.env.SET_UP, x]).toEqual([1, 2, 3, 4, 5, 6, 'yes', undefined])
})`,
    'lib/alias.ts': `export const alias: number = 1`,
    'lib/data.json': '{ "json": 2 }',
    'real/linked.ts': `export const linked: number = 3`,
    'packages/member/package.json':
      '{ "name": "member", "exports": { "require": "./main.cjs", "import": "./main.mjs" } }',
    'packages/member/main.mjs': `export { member } from './inner.mjs'`,
    'packages/member/main.cjs': `exports.member = require('./inner.cjs').member`,
    'packages/member/inner.mjs': `export const member = 4`,
    'packages/member/inner.cjs': `exports.member = 4`,
    'lib/old.cjs': `exports.old = require('./older.cjs')`,
    'lib/older.cjs': `module.exports = 5`,
    'lib/later.ts': `export const later: number = 6`,
  })
  await symlink('../real/linked.ts', join(project.folder, 'lib/link.ts'))
  await symlink('../packages/member', join(project.folder, 'node_modules/member'))
  const run = await project.run(...asJson)
  expect(resultOf(run, 'all'), run.output).toMatchObject({ status: 'passed' })
})

test('variables are there when they are declared, for the configuration as well', async () => {
  await using project = await testProject(
    {
      'playwright.config.ts': `
export default { testMatch: process.env.WHICH ?? 'none', use: { environment: ['WHICH', 'UNSET'] } }`,
      'a.spec.js': `${imports}
test.use({ environment: ['OTHER'] })
test('some', () => {
  expect(process.env).toMatchObject({ WHICH: 'a.spec.js', OTHER: 'x', HOME: '/home/sealed' })
  expect(process.env.SECRET).toBe(undefined)
})`,
    },
    { env: { WHICH: 'a.spec.js', OTHER: 'x', SECRET: 'y' } },
  )
  const run = await project.run(...asJson)
  // The test file is found by a variable that only the second listing has.
  expect(resultOf(run, 'some'), run.output).toMatchObject({ status: 'passed' })
})

test('declarations of a wrong kind are refused', async () => {
  await using project = await testProject({
    'a.spec.js': `import { test } from 'fledge/test'\ntest.use({ inputs: 'fixtures' })\ntest('a', () => {})`,
    'b.spec.js': `import { test } from 'fledge/test'\ntest.use({ environment: ['A=b'] })\ntest('b', () => {})`,
    'c.spec.js': `import { test } from 'fledge/test'\ntest.use({ inputs: ['none/*'] })\ntest('c', () => {})`,
  })
  const inputs = await project.run('--sandbox', 'a.spec.js')
  expect(inputs.output).toContain('Cannot use inputs "fixtures" of test.use: it must be an array of texts')
  const environment = await project.run('--sandbox', 'b.spec.js')
  expect(environment.output).toContain(
    "Cannot use environment [ 'A=b' ] of test.use: it must be an array of names of variables",
  )
  expect([inputs.exitCode, environment.exitCode]).toEqual([2, 2])
  const unmatched = await project.run('--sandbox', 'c.spec.js')
  expect(unmatched.output).toContain('fledge: no file matches "none/*" of "inputs"')
  expect(unmatched.exitCode).toBe(0)
})

test('results, reports and exit status are those of a plain run', async () => {
  await using project = await testProject(
    {
      'playwright.config.ts': `
export default { outputDir: 'out/results', reporter: [['list'], ['html', { open: 'never' }], ['json', { outputFile: 'reports/r.json' }]] }`,
      'a.spec.js': `${imports}
test('good', async ({}, info) => { fs.writeFileSync(info.outputPath('kept.txt'), 'kept') })
test('bad', () => { expect(1).toBe(2) })`,
      'broken.spec.js': 'this is no JavaScript',
    },
    { env: { PLAYWRIGHT_JSON_OUTPUT_NAME: '' } },
  )
  const [sealed, plain] = [await project.run('--sandbox', 'a.spec.js'), await project.run('a.spec.js')]
  expect(bare(sealed.output)).toBe(bare(plain.output))
  expect([sealed.exitCode, plain.exitCode]).toEqual([1, 1])
  await project.run('--sandbox', 'a.spec.js')
  for (const path of ['playwright-report/index.html', 'reports/r.json', 'out/results/.last-run.json']) {
    expect(existsSync(join(project.folder, path)), path).toBe(true)
  }
  expect(await readFile(join(project.folder, 'out/results/a-good/kept.txt'), 'utf8')).toBe('kept')
  const broken = await project.run('--sandbox', 'broken.spec.js')
  expect(broken.output).toContain('Missing semicolon')
  expect(broken.exitCode).toBe(1)
  const none = await project.run('--sandbox', 'nothing.spec.js')
  expect(none.output).toContain('No tests found')
  expect(none.exitCode).toBe(1)
})

test('a project cannot be where results go, nor where a seal has folders of its own', async () => {
  await using project = await testProject({
    'playwright.config.ts': `export default { outputDir: '.' }`,
    'a.spec.js': `import { test } from 'fledge/test'\ntest('a', () => {})`,
  })
  const { output, exitCode } = await project.run('--sandbox')
  expect(output).toContain(`Cannot seal a run whose results go to "${project.folder}"`)
  expect(exitCode).toBe(2)
})

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGKILL', null],
] as const) {
  test(`${signal} ends all that is in a seal`, async () => {
    // A process that is killed leaves its folder of temporary files.
    const temporary = await mkdtemp(join(tmpdir(), 'killed-'))
    await using project = await testProject(
      {
        'a.spec.js': `${imports}
test('long', async ({}, info) => {
  fs.writeFileSync(info.outputPath('begun'), '')
  await new Promise((resolve) => setTimeout(resolve, 1_000_000))
})
test.afterAll(() => { console.log('tidied up') })`,
      },
      { env: { TMPDIR: temporary } },
    )
    const run = project.start('--sandbox', '--timeout=0')
    await expect
      .poll(() => existsSync(join(project.folder, 'test-results/a-long/begun')), { timeout: 60_000 })
      .toBe(true)
    run.process.kill(signal)
    const { exitCode, output } = await run.finished
    await rm(temporary, { recursive: true })
    expect(exitCode, output).toBe(code)
    // A process that was asked tidies up. What is left of one that was killed, checkLeaks() finds.
    expect(output.includes('tidied up')).toBe(signal === 'SIGINT')
    if (signal === 'SIGINT') expect(output).toContain('1 interrupted')
  })
}

/** Types a letter into the terminal as if somebody had, by every way to one: its own, and what it was started with. */
const typist = `
import { execFileSync } from 'node:child_process'
import { test } from 'fledge/test'
test('types', () => {
  const script = 'use strict; my $got = 0; for my $path ("/dev/tty", map {; "/proc/1/fd/$_", "/proc/self/fd/$_", "/proc/" . getppid() . "/fd/$_" } 0 .. 2) ' +
    '{ open(my $terminal, "+<", $path) or next; my $letter = "Q"; ioctl($terminal, 0x5412, $letter) and $got = 1 } exit !$got'
  try { execFileSync('perl', ['-e', script]) } catch (error) { throw new Error('it cannot type: ' + error.status) }
})`

for (const sandbox of [false, true]) {
  test(`${sandbox ? 'a sealed' : 'a plain'} run ${sandbox ? 'cannot' : 'can'} type into the terminal, and has its colours and width`, async () => {
    const legacy = await readFile('/proc/sys/dev/tty/legacy_tiocsti', 'utf8').catch(() => '1')
    test.skip(legacy.trim() === '0', 'this kernel lets nobody type into a terminal by TIOCSTI')
    await using project = await testProject({
      'playwright.config.js': 'export default {}',
      'a.spec.js': typist,
    })
    await using terminal = inTerminal(
      ['test', ...(sandbox ? ['--sandbox'] : [])],
      { CI: '', NO_COLOR: '' },
      { cwd: project.folder },
    )
    await terminal.until(/1 (passed|failed)/)
    await terminal.ended
    expect(terminal.shown).toContain(sandbox ? 'it cannot type: 1' : '1 passed')
    // A colour, and the list as a terminal has it: each line is written over as its test ends.
    for (const sequence of ['[2m', '[1A']) expect(terminal.shown).toContain(`\u001B${sequence}`)
  })
}

test('a host that allows no namespaces is told from one without bubblewrap', async () => {
  const files = { 'a.spec.js': `import { test } from 'fledge/test'\ntest('a', () => {})` }
  const forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
  await using inside = await testProject(files, {
    under: ['unshare', '--user', '--map-root-user', 'sh', '-c', forbid, 'sh'],
  })
  const forbidden = await inside.run('--sandbox')
  expect(forbidden.output).toContain('Cannot seal a run on this host: ')
  expect(forbidden.output).toContain('user.max_user_namespaces')
  expect(forbidden.exitCode).toBe(1)

  await using poor = await testProject(files)
  const programs = join(poor.folder, 'programs')
  await mkdir(programs)
  await symlink('/usr/bin/env', join(programs, 'env'))
  await using without = await testProject(files, { env: { PATH: programs } })
  const missing = await without.run('--sandbox')
  expect(missing.output).toContain('Cannot find the program "bwrap"')
  expect(missing.output).toContain('apt-get install bubblewrap')
})

checkLeaks()
