import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { fledge, image, prepareImage } from './run-fledge.ts'
import { testProject } from './test-project.ts'

prepareImage()

/** For printf(1): the window's title, an empty screen, hidden text, the C1 form of a sequence as UTF-8, the other direction. */
const hostile = String.raw`\033]0;pwned\007\033[2J\033[8mhidden\302\2331m\342\200\256gpj.exe`

/** What no terminal may be given, but line feeds, tabs, and Playwright's colours. */
function steering(shown: string): readonly string[] {
  return uncoloured(shown).match(/[^\n\t\P{Cc}]|\p{Bidi_Control}/gu) ?? []
}

function uncoloured(shown: string): string {
  return shown.replaceAll(/\p{Cc}\[(?:[0-47]|2[2-47]|3[1-79]|9\d)m/gu, '')
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}

test('what a guest prints harms no terminal that shows how its tests failed', async () => {
  await using project = await testProject({
    'hostile.spec.ts': `
import { expect, subtest, test } from 'fledge/test'
test.use({ image: '${image}', evidence: 'always' })
const print = String.raw\`printf 'begin ${hostile} end\\n'\`

test('a command', async ({ vm }) => {
  await vm.succeed(print + ' > /dev/console; ' + print + ' | logger; sleep 1; ' + print + '; ' + print + ' >&2; exit 3')
})

test('an assertion', async ({ vm }) => {
  const { stdout } = await vm.succeed(print)
  console.log(JSON.stringify([...stdout].map((each) => each.codePointAt(0))))
  expect.soft(stdout).toBe('nothing')
  expect.soft([stdout]).toEqual([])
  await subtest.soft('soft', async () => vm.succeed(print + '; false'))
  throw new Error('thrown: ' + stdout)
})

test('matchers', async ({ vm }) => {
  await vm.succeed(print + ' > /root/file')
  await expect.soft(vm).toHaveFile('/root/file', { content: 'x', timeoutMs: 3_000 })
  await expect.soft(vm).toSucceed(print + '; false', { timeoutMs: 3_000 })
})

test('a machine that dies', async ({ vm }) => {
  await vm.succeed(print + ' > /dev/console; sleep 1; echo c > /proc/sysrq-trigger')
})
`,
  })
  const { code, stdout, stderr } = await fledge(
    ['test', '--verbose', '--reporter', 'list', '--workers', '1'],
    {
      cwd: project.folder,
      env: { CI: '', NODE_OPTIONS: '', NO_COLOR: '', FORCE_COLOR: '1' },
    },
  )
  const shown = `${stdout.toString()}${stderr}`
  expect(code, shown).toBe(1)
  expect(shown).toContain('4 failed')
  expect(steering(shown)).toEqual([])
  // It is shown in steps, in the errors' output, in assertions, in matchers, and from the console.
  const written = String.raw`begin \x1b]0;pwned\x07\x1b[2J\x1b[8mhidden\x9b1m\u202egpj.exe end`
  for (const before of [
    'stdout: ',
    'stderr: ',
    String.raw`\+ `,
    String.raw`\+   "`,
    'thrown: ',
    'Got:     exit code 1\n +stdout: ',
  ]) {
    expect(uncoloured(shown)).toMatch(new RegExp(`${before}${literally(written)}`))
  }
  // A console has no colours.
  expect(shown).toContain(`    ${written.replace(String.raw`\x1b[8m`, '')}\n  more of it: `)
  // What the verb gave is as it was.
  expect(shown).toContain('[98,101,103,105,110,32,27,93,48,59,112,119,110,101,100,7,27,91,50,74,')
  // So are the files for people.
  const results = join(project.folder, 'test-results')
  const files = (await readdir(results, { recursive: true })).filter((path) => /\.(?:log|txt|md)$/.test(path))
  expect(files.filter((path) => path.endsWith('console.log'))).toHaveLength(4)
  for (const path of files) {
    expect(steering(await readFile(join(results, path), 'utf8')), path).toEqual([])
  }
})

test('fledge exec passes on what a command writes, byte by byte, and not what an error has of it', async () => {
  const raw = await fledge(['exec', image, '--', 'printf', hostile])
  expect(raw.code).toBe(0)
  expect(raw.stdout.toString()).toBe('\u001B]0;pwned\u0007\u001B[2J\u001B[8mhidden\u009B1m\u202Egpj.exe')
  const crash = `printf '${hostile}' > /dev/console; sleep 1; echo c > /proc/sysrq-trigger; sleep 100`
  const died = await fledge(['exec', image, '--', 'sh', '-c', crash])
  expect(died.code).toBe(1)
  expect(died.stderr).toContain(String.raw`hidden\u202egpj.exe`)
  expect(steering(died.stderr)).toEqual([])
})

checkLeaks()
