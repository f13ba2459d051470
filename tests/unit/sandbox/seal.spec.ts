import { closeSync, openSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { bubblewrapArguments } from '../../../src/sandbox/bubblewrap.ts'
import { declaredEnvironment } from '../../../src/sandbox/declared-environment.ts'
import { explainAbsence } from '../../../src/sandbox/explain-absence.ts'
import { inheritedDescriptors } from '../../../src/sandbox/inherited-descriptors.ts'
import { sealEnvironment } from '../../../src/sandbox/seal-environment.ts'
import { withoutReporters } from '../../../src/sandbox/without-reporters.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { test } from '../test-in-folder.ts'

/** What Node says of a file that is not there. */
function enoent(path: string): string {
  return `ENOENT: no such file or directory, open '${path}'`
}

/** What is added to an error. */
function sentence(name: string, pattern = name): string {
  return `${JSON.stringify(name)} is no input of this sealed run; declare it: use: { inputs: ['${pattern}'] }`
}

test('bubblewrapArguments() places mounts in their order, and numbers texts', () => {
  const { args, texts } = bubblewrapArguments(
    [
      { kind: 'private', path: '/p' },
      { kind: 'text', path: '/etc/a', text: 'one' },
      { kind: 'readable', path: '/p/r' },
      { kind: 'writable', path: '/p/w', source: '/elsewhere' },
      { kind: 'text', path: '/etc/b', text: 'two' },
      { kind: 'link', path: '/p/l', to: '../x' },
      { kind: 'closed', path: '/p' },
    ],
    { cwd: '/p', firstDescriptor: 6 },
  )
  expect(texts.slice(0, 2)).toEqual(['one', 'two'])
  expect(args.join(' ')).toContain(
    '--tmpfs /p --ro-bind-data 6 /etc/a --ro-bind /p/r /p/r --bind /elsewhere /p/w --ro-bind-data 7 /etc/b ' +
      '--symlink ../x /p/l --remount-ro /p',
  )
  for (const each of ['--unshare-all', '--disable-userns', '--die-with-parent', '--new-session']) {
    expect(args).toContain(each)
  }
})

test('sealEnvironment() lets through what shows texts and what is declared', () => {
  const outside = {
    LANG: 'de_DE.UTF-8',
    LC_TIME: 'C',
    TOKEN: 'x',
    HOME: '/root',
    CI: '1',
    PATH: '/root/bin',
    NODE_OPTIONS: '--x',
  }
  const env = sealEnvironment(outside, { MINE: 'y' }, { folder: '/project', screen: {} })
  expect(env).toEqual({
    LANG: 'de_DE.UTF-8',
    LC_TIME: 'C',
    CI: '1',
    MINE: 'y',
    HOME: '/home/sealed',
    TMPDIR: '/tmp',
    PATH: expect.stringMatching(/^\/project\/node_modules\/\.bin:.*:\/usr\/bin:\/sbin:\/bin$/),
  })
  expect(env['PATH']).not.toContain('/root')
  const screen = { isTTY: true, columns: 132, rows: 50, getColorDepth: () => 24 }
  const shown = (given: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    sealEnvironment(given, {}, { folder: '/project', screen })
  expect(shown({})).toMatchObject({ PLAYWRIGHT_FORCE_TTY: '132x50', COLUMNS: '132', FORCE_COLOR: '3' })
  expect(shown({ NO_COLOR: '1' })).not.toHaveProperty('FORCE_COLOR')
  expect(shown({ FORCE_COLOR: '1' })).toMatchObject({ FORCE_COLOR: '1' })
})

test('declaredEnvironment() gives what is set, and refuses what is no name', () => {
  expect(declaredEnvironment([['A', 'B'], undefined, null, ['C']], { A: '1', C: '', D: '4' })).toEqual({
    A: '1',
    C: '',
  })
  for (const wrong of ['A', ['A=b'], [''], [1], {}]) {
    expect(() => declaredEnvironment([wrong], {})).toThrow(/it must be an array of names of variables/)
  }
})

test('withoutReporters() takes reporters out, however they are written', () => {
  expect(
    withoutReporters([
      '--reporter',
      'list,html',
      'a.spec.ts',
      '--add-reporter=./mine.ts',
      '-g',
      'x',
      '--retries=2',
    ]),
  ).toEqual({
    rest: ['a.spec.ts', '-g', 'x', '--retries=2'],
    reporters: ['list', 'html'],
    added: ['./mine.ts'],
  })
  expect(withoutReporters(['--list'])).toEqual({ rest: ['--list'], reporters: undefined, added: [] })
})

test('inheritedDescriptors() knows those that a program would have as well', () => {
  // Node closes its own for programs that it starts.
  const own = openSync('/dev/null', 'r')
  expect(inheritedDescriptors()).not.toContain(own)
  closeSync(own)
})

test('explainAbsence() names what is absent, and nothing else', async ({ folder }) => {
  await symlink('/srv/data', join(folder, 'link'))
  await symlink('fixtures', join(folder, 'inside'))
  const names = ['fixtures/a.txt', "it's.txt", 'lib/b.ts', 'lib/index.ts']
  const facts = { absent: new Set(names.map((name) => join(folder, name))), folder, cwd: folder }
  const explain = (message: string, location?: string): string | undefined =>
    explainAbsence(message, facts, location)

  expect(explain(enoent('fixtures/a.txt'))).toBe(sentence('fixtures/a.txt'))
  expect(explain(enoent(join(folder, 'fixtures/../fixtures/a.txt')))).toBe(sentence('fixtures/a.txt'))
  expect(explain(`\u001B[31mcat: fixtures/a.txt: No such file or directory\u001B[39m`)).toBe(
    sentence('fixtures/a.txt'),
  )
  expect(explain(enoent("it's.txt"))).toBe(sentence("it's.txt", String.raw`it\'s.txt`))
  expect(explain(enoent('fixtures'))).toBe(sentence('fixtures', 'fixtures/**'))
  expect(explain(enoent('inside/a.txt'))).toBe(sentence('fixtures/a.txt'))
  expect(explain(enoent('link'))).toBe(`"link" is a link: ${sentence('/srv/data')}`)
  expect(explain(`Cannot find module '${join(folder, 'lib/b.js')}' imported from x`)).toBe(
    sentence('lib/b.ts'),
  )
  expect(explain(`Cannot find module './b'`, join(folder, 'lib/c.ts'))).toBe(sentence('lib/b.ts'))
  expect(explain(enoent('/srv/other'))).toBe(`if "/srv/other" exists outside: ${sentence('/srv/other')}`)
  expect(explain(enoent('/tmp/none'))).toBe(undefined)
  expect(explain(enoent('none.txt'))).toBe(undefined)
  expect(explain(`expected 'fixtures/a.txt' to be right`)).toBe(undefined)
  expect(explain(`EROFS: read-only file system, open 'new.txt'`)).toMatch(/^"new\.txt" cannot be written/)
})

checkLeaks()
