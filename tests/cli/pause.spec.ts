import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { fledge, image, prepareImage } from './run-fledge.ts'
import { inTerminal, type TerminalRun } from './terminal.ts'
import { testProject } from './test-project.ts'

prepareImage()
test.slow()

/** Playwright must not take itself for a part of this run. */
const env = { CI: '', NODE_OPTIONS: '', NO_COLOR: '1' }

function testIn(cwd: string, ...args: string[]): TerminalRun {
  return inTerminal(['test', ...args], env, { plain: true, cwd })
}

const head = `
import { expect, test } from 'fledge/test'
test.use({ image: '${image}' })
`

const pausing = `${head}
test('pauses', async ({ vm }) => {
  test.setTimeout(15_000)
  await vm.succeed('echo before > /root/file')
  await vm.pause()
  await vm.succeed('grep changed /root/file')
  console.log('it went on')
})
`

test('vm.pause() holds a test, whose machine is at a prompt until it goes on', async () => {
  await using project = await testProject({ 'pausing.spec.js': pausing })
  await using run = testIn(project.folder)
  await run.until(/fledge: paused in "pauses" \(pausing\.spec\.js:5\); vm is "(debian-13-minimal-\w+)"/)
  const [, name = ''] = /npx fledge shell (\S+)/.exec(await run.until(/npx fledge shell \S+/)) ?? []
  await run.until(/paused> $/)
  run.type("(await vm.succeed('cat /root/file')).stdout\r")
  await run.until(/'before\\n'/)
  // What is shown there harms no terminal.
  run.type("Symbol((await vm.succeed(String.raw`printf '\\033]0;pwned\\007'`)).stdout)\r")
  await run.until(/Symbol\(\\x1b\]0;pwned\\x07\)/)
  await run.until(/paused> $/)
  // A verb that fails fails no test.
  run.type("await vm.succeed('exit 3')\r")
  await run.until(/exit 3" failed with exit code 3/)
  await run.until(/paused> $/)
  run.type('shell()\r')
  await run.until(/root@\S+:~# $/)
  run.type('echo changed > /root/file; exit\r')
  await run.until(/paused> $/)
  // The test's 15 s pass, and it has as many left as it had.
  await using other = inTerminal(['shell', name])
  await other.until(/root@\S+:~# $/)
  other.type('sleep 16; cat /root/file\r')
  await other.until(/changed\r\n/)
  other.type('exit\r')
  expect(await other.ended).toBe(0)
  run.type('go\r')
  await run.until(/fledge: the test goes on/)
  await run.until(/it went on/)
  await run.until(/1 passed/)
  expect(await run.ended).toBe(0)
})

test('a test that is given up at a pause fails there, and Ctrl-D lets the next one go on', async () => {
  await using project = await testProject({
    'pausing.spec.js': `${head}
for (const name of ['one', 'two']) {
  test(name, async ({ vm }) => {
    await vm.pause()
  })
}
`,
  })
  // Of two that run at once one has the terminal.
  await using run = testIn(project.folder, '--workers', '2')
  await run.until(/fledge: paused in "\w+"/)
  await run.until(/paused> $/)
  run.type('fail\r')
  await run.until(/fledge: the test is given up/)
  await run.until(/fledge: paused in "\w+"/)
  await run.until(/paused> $/)
  run.type('\u0004')
  await run.until(/fledge: the test goes on/)
  await run.until(/The test was given up at its pause at "debian-13-minimal-\w+"/)
  await run.until(/1 failed[^]*1 passed/)
  expect(await run.ended).toBe(1)
  expect(run.shown.match(/fledge: paused in/g)).toHaveLength(2)
})

test('fledge test --pause-on-failure stops where a test has failed, with its error and its machine; quit ends the run', async () => {
  await using project = await testProject({
    'failing.spec.js': `${head}
test('passes', async ({ vm }) => {
  await vm.succeed('true')
})
test('fails', async ({ vm }) => {
  await vm.succeed('echo as-it-was > /root/file')
  expect(1 + 1).toBe(3)
})
test('comes after it', () => {})
`,
  })
  await using run = testIn(project.folder, '--pause-on-failure', '--retries', '1')
  await run.until(/fledge: "fails" has failed:[^]*Expected: 3[^]*Received: 2/)
  await run.until(/paused> $/)
  run.type("(await vm.succeed('cat /root/file')).stdout\r")
  await run.until(/'as-it-was\\n'/)
  run.type('go\r')
  // The second try.
  await run.until(/fledge: "fails" has failed:/)
  await run.until(/paused> $/)
  run.type('quit\r')
  await run.until(/1 interrupted|1 did not run/)
  expect([1, 130]).toContain(await run.ended)
  expect(run.shown.match(/fledge: paused in/g)).toHaveLength(2)
})

test('without a terminal a pause is an error, and is refused beforehand with --pause-on-failure', async () => {
  await using project = await testProject({ 'pausing.spec.js': pausing })
  // A session of its own has no terminal.
  const options = { cwd: project.folder, env, under: ['setsid', '--wait'] }
  const paused = await fledge(['test'], options)
  expect(paused.code).toBe(1)
  expect(paused.stdout.toString()).toMatch(/Cannot pause at "debian-13-minimal-\w+": there is no terminal/)
  const refused = await fledge(['test', '--pause-on-failure'], options)
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain(
    'Cannot pause on failure: there is no terminal\n  Run the tests in a terminal',
  )
})

checkLeaks()
