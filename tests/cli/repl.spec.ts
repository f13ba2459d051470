import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test as base } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { descendants, image, isAlive, prepareImage } from './run-fledge.ts'
import { inTerminal, type TerminalRun } from './terminal.ts'
import { testProject } from './test-project.ts'

const test = base.extend<{ state: string }>({
  state: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'fledge-state-'))
    await use(folder)
    await rm(folder, { recursive: true })
  },
})

prepareImage()
test.slow()

/** A prompt with machines of some images, that has come up. */
async function prompt(
  state: string,
  args: readonly string[] = [image],
  cwd: string = process.cwd(),
): Promise<TerminalRun> {
  const env = { XDG_STATE_HOME: state, XDG_RUNTIME_DIR: state, NO_COLOR: '1' }
  const run = inTerminal(['repl', ...args], env, { plain: true, cwd })
  await run.until(/Ctrl-D leaves\r\n/)
  await run.until(/> /)
  return run
}

/** Types a line, and waits for what it leads to. */
async function type(run: TerminalRun, line: string, pattern: RegExp): Promise<string> {
  run.type(`${line}\r`)
  await run.until(/\r\n/)
  const found = await run.until(pattern)
  if (!found.endsWith('> ')) await run.until(/> $/)
  return found
}

test('fledge repl runs TypeScript with await, and shows what comes of it', async ({ state }) => {
  await using run = await prompt(state)
  await type(run, "const name: string = (await vm.succeed('hostname')).stdout.trim()", /\r?/)
  await type(run, 'name satisfies string', /'debian-13-minimal-\w+'/)
  // A promise is waited for.
  await type(run, "vm.succeed('echo one; echo two >&2')", /stdout: 'one\\n',\s+stderr: 'two\\n'/)
  // Over several lines.
  run.type('const twice = (a: number) => {\rreturn 2 * a\r}\r')
  await type(run, 'twice(21)', /42/)
  await type(run, 'import { basename } from "node:path"', /\r?/)
  await type(run, 'basename("/a/b")', /'b'/)
  run.type('\u0004')
  expect(await run.ended).toBe(0)
  expect(run.shown).not.toContain('ExperimentalWarning')
})

test('fledge repl tells of errors as the command line does, and shows nothing that steers the terminal', async ({
  state,
}) => {
  await using run = await prompt(state)
  await type(
    run,
    'vm.succeed(\'printf "\\\\033[2Jbad" >&2; exit 3\')',
    /fledge: "printf [^\n]+" failed with exit code 3\r\n {2}stderr:\r\n {4}\\x1b\[2Jbad\r\n/,
  )
  await type(
    run,
    'vm.succeed("true", { timeout: 1 })',
    /fledge: Cannot use the option "timeout"[^\n]+\r\n {2}Did you mean/,
  )
  await type(run, 'neverThere', /ReferenceError: neverThere is not defined\r\n/)
  await type(run, 'const a: = 1', /SyntaxError: /)
  await type(
    run,
    'console.log((await vm.succeed("printf \'\\\\033[2Jx\\\\n\'")).stdout)',
    /\\x1b\[2Jx\r\n\r\n> /,
  )
  expect(run.shown).not.toContain('\u001B[2J')
  expect(run.shown).not.toMatch(/ {4}at /)
})

test('fledge repl completes, and tells of verbs', async ({ state }) => {
  await using run = await prompt(state)
  run.type('vm.waitForU\t')
  await run.until(
    /waitForUnit\(unit: string, options\?: UnitOptions\): Promise<void>\r\n {2}Waits until a systemd unit is active/,
  )
  await run.until(/> vm\.waitForUnit/)
  run.type('\u0003')
  await run.until(/> $/)
  run.type('vm.waitForC\t')
  await run.until(
    /vm\.waitForC[^]*waitForClosedPort +Waits until nothing listens[^]*waitForConsoleText +Waits until a line/,
  )
  run.type('\u0003')
  await run.until(/> $/)
  run.type('vm.clock.re\t')
  await run.until(/read\(options\?: CallOptions\): Promise<Date>/)
  run.type('\u0003')
  await run.until(/> $/)
  run.type('rese\t')
  await run.until(/reset\(machine\?\)\r\n {2}Puts a fresh clone/)
  run.type('\u0003')
  await run.until(/> $/)
  await type(run, '.help', /reset\(machine\?\)[^]*shell\(machine\?[^]*\.exit/)
})

test('Ctrl-C ends what runs at the prompt of fledge repl, and no more than that', async ({ state }) => {
  await using run = await prompt(state)
  run.type("await vm.succeed('sleep 1000')\r")
  await expect.poll(async () => (await descendants(run.pid ?? 0)).size).toBeGreaterThan(0)
  await run.until(/\r\n/)
  run.type('\u0003')
  await run.until(/Interrupted\r\n> $/)
  await type(run, "vm.waitUntilFails('pgrep -x sleep').then(() => 'gone')", /'gone'/)
  run.type('await new Promise(() => {})\r')
  await run.until(/\r\n/)
  run.type('\u0003')
  await run.until(/Interrupted\r\n> $/)
  run.type('for (;;) {}\r')
  await run.until(/\r\n/)
  // Once it runs, the terminal makes signals of keys.
  await new Promise((resolve) => setTimeout(resolve, 500))
  run.type('\u0003')
  await run.until(/interrupted[^]*> $/i)
  // Keys that are typed while something runs are the next line.
  run.type("await vm.succeed('sleep 1')\rvm.succeed('echo next')\r")
  await run.until(/stdout: 'next\\n'/)
})

test('reset() has a fresh machine in the place of the old one, and shell() a shell in it', async ({
  state,
}) => {
  await using run = await prompt(state)
  await type(run, "await vm.succeed('touch /root/old'); const before = vm.name", /\r?/)
  await type(run, 'reset()', /\r?/)
  await type(run, "[(await vm.execute('test -e /root/old')).exitCode, vm.name === before]", /\[ 1, false \]/)
  run.type('shell(vm)\r')
  await run.until(/root@\S+:~# /)
  run.type('stty size; sleep 1000\r')
  await run.until(/24 80\r\n/)
  run.type('\u0003')
  await run.until(/\^C[^]*# $/)
  run.type('exit\r')
  await run.until(/logout\r\n> $/)
  await type(run, 'shell({})', /fledge: Cannot open a shell in that: it is no machine\r\n/)
  await type(
    run,
    'reset({})',
    /fledge: Cannot reset that: it is no machine of this prompt\r\n {2}There are: vm/,
  )
  await type(run, '6 * 7', /42/)
  const below = await descendants(run.pid ?? 0)
  expect([...below.values()].filter((name) => name.startsWith('qemu'))).toHaveLength(1)
  run.type('.exit\r')
  expect(await run.ended).toBe(0)
})

test('fledge repl keeps what was typed for the next time, for its user only', async ({ state }) => {
  for (const session of [1, 2]) {
    await using run = await prompt(state, [])
    if (session === 1) {
      await type(run, '"secret".length', /6/)
      await type(run, ' "hidden".length', /6/)
      await type(run, '100 + 23', /123/)
    } else {
      run.type('\u001B[A')
      await run.until(/100 \+ 23/)
      run.type('\r')
      await run.until(/\r\n123\r\n> $/)
    }
    run.type('\u0004')
    expect(await run.ended).toBe(0)
  }
  const file = join(state, 'fledge/repl_history')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const kept = await readFile(file, 'utf8')
  expect(kept).toContain('"secret"')
  expect(kept).not.toContain('"hidden"')
})

test('fledge repl of several images has a machine of each', async ({ state }) => {
  await using run = await prompt(state, [image, image])
  await type(run, "(await vm1.succeed('hostname')).stdout !== (await vm2.succeed('hostname')).stdout", /true/)
  await type(run, 'vms.map((vm) => vm.image)', /\[ 'debian:13-minimal', 'debian:13-minimal' \]/)
})

test('record() writes what was typed and worked as a test, which passes', async ({ state }) => {
  await using project = await testProject({ 'share/file': 'content' })
  await using run = await prompt(state, [image, '--share', './share:/mnt'], project.folder)
  await type(run, 'record()', /fledge: Cannot record a test: nothing was typed that worked/)
  await type(run, "const seen: string = (await vm.succeed('cat /mnt/file')).stdout", /\r?/)
  await type(run, "await vm.succeed('false')", /failed with exit code 1/)
  await type(run, "expect(seen).toBe('content')", /\r?/)
  await type(run, "expect(seen).toBe('other')", /Error: /)
  await type(run, "vm.waitForUnit('multi-user.target')", /\r?/)
  await type(
    run,
    "record('tests/of-the-share.spec.ts')",
    /wrote tests\/of-the-share\.spec\.ts; "fledge test /,
  )
  await type(run, "record('tests/of-the-share.spec.ts')", /there is a file/)
  await type(run, "record('tests/of-the-share.js')", /it must be the path of a test/)
  run.type('\u0004')
  expect(await run.ended).toBe(0)
  expect(await readFile(join(project.folder, 'tests/of-the-share.spec.ts'), 'utf8')).toBe(`\
import { expect, test } from 'fledge/test'

test.use({ image: 'debian:13-minimal', shares: { '/mnt': 'share' } })

test('of the share', async ({ vm }) => {
  const seen: string = (await vm.succeed('cat /mnt/file')).stdout
  expect(seen).toBe('content')
  await vm.waitForUnit('multi-user.target')
})
`)
  const { exitCode, output } = await project.run('tests/of-the-share.spec.ts')
  expect(output).toContain('1 passed')
  expect(exitCode).toBe(0)
})

/** Tests with hooks and fixtures of their own. */
const tests = `
import { expect, test as base } from 'fledge/test'

const test = base.extend<{ word: string }>({ word: 'hello' })

test.use({ image: '${image}', shares: { '/mnt': 'share' } })

test.beforeEach(async ({ vm }) => {
  await vm.succeed('touch /root/before')
})

test('writes', async ({ vm, word }) => {
  await vm.succeed(\`echo \${word} > /root/written\`)
})

test.describe('group', () => {
  test('reads', async ({ vm }) => {
    expect((await vm.succeed('cat /mnt/file')).stdout).toBe('content')
  })
})
`

test('fledge repl FILE has the machine of a test, runs the test in it, and the tests of the file', async ({
  state,
}) => {
  await using project = await testProject({ 'share/file': 'content', 'tests/some.spec.ts': tests })
  await using run = await prompt(state, ['tests/some.spec.ts'], project.folder)
  // What its hooks and fixtures make is there.
  await type(
    run,
    "vm.succeed('cat /root/before /mnt/file').then(({ stdout }) => stdout + word)",
    /'contenthello'/,
  )
  await type(run, 'testScript()', /\r?/)
  await type(run, "vm.succeed('cat /root/written')", /stdout: 'hello\\n'/)
  await type(run, "testScript('reads')", /\r?/)
  await type(
    run,
    "testScript('none')",
    /fledge: Cannot find a test with "none"[^\n]+\r\n {2}There are: writes, reads/,
  )
  await type(run, 'reset()', /\r?/)
  await type(run, "vm.succeed('ls /root; cat /mnt/file')", /stdout: 'content'/)
  await type(run, 'runTests()', /writes[^]*reads[^]*2 passed/)
  await type(run, "runTests('reads')", /Running 1 test[^]*1 passed/)
  // Ctrl-C ends the tests, whose end is waited for.
  run.type('runTests()\r')
  await run.until(/Running 2 tests/)
  run.type('\u0003')
  await run.until(/> $/)
  run.type('shell()\r')
  await run.until(/root@\S+:~# /)
  run.type('exit\r')
  await run.until(/logout\r\n> $/)
  await type(run, "record('tests/new.spec.ts')", /wrote tests\/new\.spec\.ts/)
  run.type('\u0004')
  expect(await run.ended).toBe(0)
  const { exitCode, output } = await project.run('tests/new.spec.ts')
  expect(output).toContain('1 passed')
  expect(exitCode).toBe(0)
})

test('fledge repl FILE:LINE is in the place of that test, in a project; and says what keeps it from that', async ({
  state,
}) => {
  await using project = await testProject({
    'tests/some.spec.ts': tests,
    'tests/broken.spec.ts': 'const a: = 1',
    'share/file': '',
    'playwright.config.ts': `
import { matrix } from 'fledge/test'
export default { projects: matrix({ image: ['debian:12-minimal', '${image}'] }), retries: 2 }
`,
  })
  const line = tests.split('\n').findIndex((each) => each.includes("test('reads'")) + 1
  const options = ['--project', image]
  await using run = await prompt(state, [`tests/some.spec.ts:${line}`, ...options], project.folder)
  expect(run.shown).toContain(`as the test "reads" (tests/some.spec.ts:${line}) has it in "${image}"`)
  await type(run, "testScript('writes')", /Cannot run "writes" here: it asks for word/)
  run.type('.exit\r')
  expect(await run.ended).toBe(0)
  for (const [file, says] of [
    ['tests/broken.spec.ts', /Unexpected token/],
    ['tests/some.spec.ts:3', /fledge: Cannot open a prompt: there is no such test/],
  ] as const) {
    const env = { XDG_STATE_HOME: state, XDG_RUNTIME_DIR: state, NO_COLOR: '1' }
    await using other = inTerminal(['repl', file, ...options], env, { plain: true, cwd: project.folder })
    expect(await other.ended).toBe(1)
    expect(other.shown).toMatch(says)
  }
})

test('fledge repl leaves nothing when its terminal goes', async ({ state }) => {
  await using project = await testProject({ 'share/file': '', 'tests/some.spec.ts': tests })
  for (const target of [image, 'tests/some.spec.ts']) {
    await using run = await prompt(state, [target], project.folder)
    run.type("await vm.succeed('sleep 1000')\r")
    await run.until(/\r\n/)
    const below = await descendants(run.pid ?? 0)
    expect([...below.values()].filter((name) => name.startsWith('qemu'))).toHaveLength(1)
    await run.hangUp()
    await expect.poll(() => [...below.keys()].filter((pid) => isAlive(pid)), { timeout: 30_000 }).toEqual([])
  }
})

test('fledge repl says when what is typed cannot be kept', async ({ state }) => {
  await writeFile(join(state, 'fledge'), '')
  await using run = await prompt(state, [])
  await run.until(/What is typed is not kept for the next time: /)
  await run.until(/> $/)
  await type(run, '6 * 7', /42/)
})

checkLeaks()
