import { checkLeaks } from '../fixtures/leaks.ts'
import { expect as plain, image, test } from '../fixtures/machine.ts'
import { launch } from '../../src/index.ts'
import { expect } from '../../src/test/index.ts'

/** Long enough for one look at a busy host's guest. */
const shortly = { timeoutMs: 6_000 }
const soon = { timeoutMs: 60_000 }

/** What a matcher says when it fails. */
async function messageOf(matching: Promise<unknown>): Promise<string> {
  return matching.then(
    () => 'it passed',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}

test('toHaveUnit waits for a state, and shows the journal', async ({ vm }) => {
  await expect(vm).toHaveUnit('multi-user.target')
  await expect(vm).not.toHaveUnit('ssh.service')
  await vm.succeed('(sleep 1; systemctl start ssh.service) &')
  await expect(vm).toHaveUnit('ssh.service', soon)
  await expect(vm).toHaveUnit('no-such.service', { state: 'inactive', ...shortly })
  await vm.execute('systemd-run --wait --unit=bad sh -c "echo the reason; exit 3"')
  const message = await messageOf(expect(vm).toHaveUnit('bad.service', shortly))
  plain(message).toContain('toHaveUnit("bad.service")')
  plain(message).toContain(`Machine: ${vm.name}`)
  plain(message).toContain('Wanted:  active')
  plain(message).toContain('Got:     failed (failed)')
  plain(message).toMatch(/Look at: journalctl .*bad\.service[^]*the reason/)
})

test('toHaveOpenPort waits for what listens', async ({ vm }) => {
  await expect(vm).not.toHaveOpenPort(22)
  await vm.succeed('(sleep 1; systemctl start ssh.service) &')
  await expect(vm).toHaveOpenPort(22, soon)
  await expect(vm).toHaveOpenPort(22, { address: '10.0.2.15' })
  const message = await messageOf(expect(vm).toHaveOpenPort(23, shortly))
  plain(message).toContain('Got:     nothing listens')
  plain(message).toContain('"localhost:23"')
})

test('toHaveFile looks at content, mode and owner', async ({ vm }) => {
  await vm.succeed('(sleep 1; printf "one\\ntwo\\n" > /tmp/a; chmod 640 /tmp/a; chown nobody /tmp/a) &')
  await expect(vm).toHaveFile('/tmp/a', { content: 'one\ntwo\n', mode: 0o640, owner: 'nobody', ...soon })
  await expect(vm).toHaveFile('/tmp/a', { content: /^two$/m, owner: 'nobody:root' })
  await expect(vm).toHaveFile('/tmp')
  await expect(vm).not.toHaveFile('/tmp/b')
  const message = await messageOf(
    expect(vm).toHaveFile('/tmp/a', { content: 'one', mode: 0o600, ...shortly }),
  )
  plain(message).toContain('Wanted:  content "one", mode 0600')
  plain(message).toContain(String.raw`Got:     content "one\ntwo\n", mode 0640, owner nobody:root`)
  plain(message).toMatch(/Look at: ls -la '\/tmp\/a'\n {2}-rw-r-----/)
  plain(await messageOf(expect(vm).toHaveFile('/tmp/b', shortly))).toContain('Got:     no such file')
})

test('toHaveProcess finds by name and by command line', async ({ vm }) => {
  await expect(vm).toHaveProcess('systemd')
  await expect(vm).not.toHaveProcess('sleep')
  await vm.succeed('(sleep 1; exec sleep 987654) > /dev/null 2>&1 &')
  await expect(vm).toHaveProcess(/^sleep 987654$/, soon)
  await expect(vm).toHaveProcess('sleep')
  const message = await messageOf(expect(vm).toHaveProcess('no-such', shortly))
  plain(message).toContain('Wanted:  a process named "no-such"')
  plain(message).toMatch(/Got: {5}none of \d{2}/)
})

test('toHavePackage knows versions', async ({ vm }) => {
  const { stdout } = await vm.succeed(`dpkg-query --show --showformat='\${Version}' bash`)
  await expect(vm).toHavePackage('bash')
  await expect(vm).toHavePackage('bash', { version: stdout })
  await expect(vm).toHavePackage('bash', { version: /^5\./ })
  await expect(vm).not.toHavePackage('no-such-package')
  const message = await messageOf(expect(vm).toHavePackage('bash', { version: '4.0', ...shortly }))
  plain(message).toContain('Wanted:  version "4.0"')
  plain(message).toContain(`Got:     version ${stdout}`)
})

test('toSucceed and toFail run a command until it does', async ({ vm }) => {
  await vm.succeed('(sleep 1; touch /tmp/there) &')
  await expect(vm).toSucceed('test -e /tmp/there', soon)
  await expect(vm).toFail(['false'])
  await expect(vm).not.toSucceed('exit 3')
  const message = await messageOf(expect(vm).toSucceed('echo why >&2; exit 3', shortly))
  plain(message).toContain('Wanted:  exit code 0')
  plain(message).toMatch(/Got: {5}exit code 3\n +stderr: why/)
  plain(await messageOf(expect(vm).toSucceed('sleep 1000', shortly))).toContain('the first look did not end')
})

test('toHaveLogged reads the journal on, of all or of a unit', async ({ vm }) => {
  await vm.succeed('(sleep 1; systemd-run --unit=words echo "some words 42") &')
  await expect(vm).toHaveLogged('some words', { unit: 'words.service', ...soon })
  await expect(vm).toHaveLogged(/words \d+/)
  await expect(vm).not.toHaveLogged('some words', { unit: 'getty@tty1.service' })
  const message = await messageOf(
    expect(vm).toHaveLogged('never said', { unit: 'words.service', ...shortly }),
  )
  plain(message).toContain('Wanted:  a line with "never said" of words.service')
  plain(message).toContain('some words 42')
})

test('a matcher asks quietly, refuses options that there are not, and ends with its machine', async () => {
  const steps: string[] = []
  await using vm = await launch(image, {
    hooks: {
      around: async ({ verb }, run) => {
        steps.push(verb)
        return run()
      },
    },
  })
  await expect(vm).toSucceed('true')
  plain(steps).toEqual([])
  for (const wrong of [{ timeout: 5 }, { timeoutMs: -1 }] as unknown as { timeoutMs: number }[])
    plain(await messageOf(expect(vm).toHaveUnit('a.service', wrong))).toContain('of toHaveUnit')
  const waiting = messageOf(expect(vm).toFail('true', { timeoutMs: 60_000 }))
  await vm.kill()
  plain(await waiting).toContain('was stopped')
})

checkLeaks()
