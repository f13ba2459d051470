import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'

/**
 * What each folder of src may import, besides itself and src/errors.ts. A stage knows those before it and none after it; the
 * command line and the tests' fixtures are users of the library.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  util: [],
  qemu: ['util'],
  channel: ['util'],
  owner: ['qemu', 'channel', 'util'],
  screen: ['util'],
  // Guests are made ready for the devices that all machines have.
  image: ['qemu', 'util'],
  template: ['image', 'owner', 'qemu', 'channel', 'util'],
  machine: ['template', 'image', 'screen', 'owner', 'qemu', 'channel', 'util'],
  serve: ['machine', 'owner', 'qemu', 'channel', 'util'],
  cache: ['template', 'image', 'qemu', 'util'],
  sandbox: ['machine', 'template', 'image', 'owner', 'qemu', 'util'],
  doctor: ['sandbox', 'image', 'qemu', 'util'],
  index: [
    'machine',
    'serve',
    'cache',
    'doctor',
    'template',
    'image',
    'screen',
    'owner',
    'qemu',
    'channel',
    'util',
  ],
  interactive: ['index'],
  test: ['index', 'sandbox', 'interactive'],
  cli: ['index', 'sandbox', 'interactive'],
}

/** Exceptions, by file, each with its reason. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  // What a guest has said is shown in one way everywhere, in errors too.
  'errors.ts': ['util/visible.ts'],
  'interactive/visible.ts': ['util/visible.ts'],
  // It hands its arguments to the configuration that Playwright loads for it, in another process.
  // And it refuses a temporary folder that the machines of the tests could not use.
  'cli/test-command.ts': ['test/command-plan.ts'],
  'cli/plan-tests.ts': ['test/command-plan.ts', 'util/temporary-folder.ts'],
  // Files are read and shells' words are quoted in one way everywhere.
  'cli/init.ts': ['util/has-code.ts', 'util/shell-quote.ts'],
  'cli/repeat-options.ts': ['test/command-plan.ts'],
  'cli/watch/folder-watch.ts': ['util/has-code.ts'],
  'cli/launch-with-screen.ts': ['util/shell-quote.ts'],
  // Limits are written down once, and read without the rest of the library.
  'cli/machine-options.ts': ['machine/machine-limits.ts', 'util/defined.ts'],
  'cli/place-options.ts': ['util/defined.ts'],
  'cli/recorded-machine.ts': ['util/defined.ts'],
  // A prompt has the matchers of tests.
  'cli/repl.ts': ['test/expect.ts'],
  // As for "fledge test".
  'cli/repl-file.ts': ['test/command-plan.ts', 'test/literal-pattern.ts', 'test/prompt-title.ts'],
  'test/recorded-use.ts': ['util/defined.ts'],
  'interactive/record-function.ts': ['util/check-options.ts'],
  // Options are checked, and their errors worded, in one way everywhere.
  'test/machine-options.ts': ['util/check-options.ts', 'util/defined.ts'],
  // The workers of a run agree on who has the terminal.
  'test/test-pause.ts': ['util/file-lock.ts'],
  'test/matrix.ts': ['util/check-options.ts'],
  'test/test.ts': ['util/check-options.ts'],
  // And what a text or a picture is, is the same for verbs and matchers.
  'test/matchers/checks.ts': [
    'util/check-options.ts',
    'util/with-deadline.ts',
    'machine/screen-text.ts',
    'machine/wait-for-screenshot.ts',
    'screen/find-text.ts',
  ],
}

/** The most lines of a file of src. */
const mostLines = 250
/** Long for a reason: a table, or a class whose methods are one line each and documented. */
const longFiles = new Set(['machine/machine.ts', 'channel/agent-channel.ts'])

const src = join(import.meta.dirname, '../../src')
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const texts = new Map(files.map((file) => [file, readFileSync(join(src, file), 'utf8')]))

/** The files that a file imports from src, `import type` and `import()` among them. */
function imports(file: string): readonly string[] {
  const pattern = /(?:\bfrom\s+|\bimport\s*\(?\s*)'(\.[^']+)'/g
  const found = [...(texts.get(file) ?? '').matchAll(pattern)].map(([, path = '']) => path)
  return found.map((path) => relative(src, resolve(src, dirname(file), path)))
}

/** The folder of a file, or its own name at the top. */
function folderOf(file: string): string {
  return (file.includes('/') ? file.split('/')[0] : file.replace(/\.ts$/, '')) ?? ''
}

test('every folder of src has its imports written down', () => {
  expect([...new Set(files.map(folderOf))].toSorted()).toEqual(Object.keys(mayImport).toSorted())
})

test('a folder of src imports no other than those written down', () => {
  const offences = files.flatMap((file) =>
    imports(file)
      .filter((target) => {
        const [from, to] = [folderOf(file), folderOf(target)]
        const allowed = from === to || to === 'errors' || mayImport[from]?.includes(to)
        return !allowed && !exceptions[file]?.includes(target)
      })
      .map((target) => `${file} imports ${target}`),
  )
  expect(offences).toEqual([])
})

test('cli, test and interactive use the errors of the library as its users do', () => {
  const users = files.filter((file) => ['cli', 'test', 'interactive'].includes(folderOf(file)))
  expect(users.filter((file) => imports(file).includes('errors.ts'))).toEqual([])
})

test('the folders of src import each other in no circle', () => {
  const done = new Set<string>()
  for (const [folder, targets] of Object.entries(mayImport)) {
    if (targets.every((target) => done.has(target))) done.add(folder)
  }
  // They are written down in such an order that each knows only those before it.
  expect([...done]).toEqual(Object.keys(mayImport))
})

test('every exception to the rules is still needed', () => {
  const needless = Object.entries(exceptions).flatMap(([file, targets]) =>
    targets.filter((target) => !imports(file).includes(target)).map((target) => `${file}: ${target}`),
  )
  expect(needless).toEqual([])
})

test(`a file of src has at most ${mostLines} lines`, () => {
  const long = files.filter((file) => (texts.get(file)?.split('\n').length ?? 0) > mostLines + 1)
  expect(long.filter((file) => !longFiles.has(file))).toEqual([])
})

test('files of src are named in kebab-case', () => {
  expect(
    files.filter(
      (file) => !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.d)?\.ts$/.test(file),
    ),
  ).toEqual([])
})

checkLeaks()
