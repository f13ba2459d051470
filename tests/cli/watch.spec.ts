import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { descendants, image, prepareImage } from './run-fledge.ts'
import { inTerminal, type TerminalRun } from './terminal.ts'
import { testProject } from './test-project.ts'

prepareImage()

const waiting = /fledge: watching; Enter runs all again, f those that failed, q quits/

/** Playwright must not take itself for a part of this run. */
function watchIn(folder: string, ...args: string[]): TerminalRun {
  return inTerminal(
    ['test', '--watch', ...args],
    { CI: '', NODE_OPTIONS: '', NO_COLOR: '1' },
    { cwd: folder },
  )
}

/** A test that asks its machine whether it is fresh. */
const asks = (title: string, wanted: string): string => `
import { expect, test } from 'fledge/test'
import { word } from './word.js'
test.use({ image: '${image}' })
test('${title}', async ({ vm }) => {
  await vm.succeed('mkdir /root/once')
  expect(word).toBe('${wanted}')
})
`

/** A test that goes on until it is ended. */
const sleeper = (what: string): string => `
import { test } from 'fledge/test'
test.use({ image: '${image}' })
test('sleeps', async ({ vm }) => {
  console.log('${what} begins')
  await vm.succeed('sleep 1000')
})
`

test('fledge test --watch runs tests again, in fresh machines, when they or what they import are saved', async () => {
  await using project = await testProject({
    'word.js': "export const word = 'right'\n",
    'one.spec.js': asks('one', 'wrong'),
    'two.spec.js': asks('two', 'right'),
    'node_modules/other/index.js': '',
    'test-results/x.js': '',
  })
  const save = (path: string, text: string): Promise<void> => writeFile(join(project.folder, path), text)
  await using run = watchIn(project.folder, '--workers', '1', '--retries', '0')
  await run.until(/1 failed[^]*1 passed/)
  await run.until(waiting)
  // Only what was saved.
  await save('one.spec.js', asks('one', 'right'))
  await run.until(/fledge: "one\.spec\.js" was saved/)
  await run.until(/Running 1 test [^]*1 passed/)
  await run.until(waiting)
  // All, as all may import it; both files of a burst are one reason.
  await Promise.all([save('word.js', "export const word = 'other'\n"), save('more.js', '')])
  await run.until(/fledge: "(?:word|more)\.js" and 1 more was saved/)
  await run.until(/Running 2 tests [^]*2 failed/)
  await run.until(waiting)
  // A file in a new folder; what is installed and what runs leave is nobody's concern.
  await save('node_modules/other/index.js', '1')
  await mkdir(join(project.folder, 'deep/er'), { recursive: true })
  await save('deep/er/three.spec.js', asks('three', 'other').replace('./word', '../../word'))
  await run.until(/fledge: "deep\/er\/three\.spec\.js" was saved/)
  await run.until(/Running 1 test [^]*three[^]*1 passed/)
  await run.until(waiting)
  run.type('q')
  expect(await run.ended).toBe(0)
})

test('fledge test --watch has keys: Enter for all tests, f for those that failed, Ctrl-C', async () => {
  await using project = await testProject({
    'a.spec.js': "import { test } from 'fledge/test'\ntest('a', () => {})\n",
    'b.spec.js': "import { test } from 'fledge/test'\ntest('b', () => { throw new Error('of b') })\n",
  })
  await using run = watchIn(project.folder)
  await run.until(/1 failed[^]*1 passed/)
  await run.until(waiting)
  run.type('x\r')
  await run.until(/Running 2 tests /)
  await run.until(waiting)
  run.type('f')
  await run.until(/Running 1 test [^]*1 failed/)
  await run.until(waiting)
  run.type('\u0003')
  expect(await run.ended).toBe(130)
})

test('a file that is saved ends the run under way, with its machines; Ctrl-C ends all of it', async () => {
  await using project = await testProject({ 'sleeper.spec.js': sleeper('one') })
  await using run = watchIn(project.folder)
  await run.until(/one begins/)
  const first = await machines(run)
  expect(first).toHaveLength(1)
  await writeFile(join(project.folder, 'sleeper.spec.js'), sleeper('two'))
  await run.until(/1 interrupted[^]*fledge: "sleeper\.spec\.js" was saved/)
  await run.until(/two begins/)
  const second = await machines(run)
  expect(second).toHaveLength(1)
  expect(second).not.toEqual(first)
  run.type('\u0003')
  expect(await run.ended).toBe(130)
  expect(await machines(run)).toEqual([])
})

async function machines(run: TerminalRun): Promise<readonly number[]> {
  const below = await descendants(run.pid ?? 0)
  return [...below].filter(([, name]) => name.startsWith('qemu')).map(([pid]) => pid)
}

checkLeaks()
