import { Readable } from 'node:stream'

import { checkLeaks } from '../fixtures/leaks.ts'
import { CommandError, GuestError } from '../../src/index.ts'
import { expect, test } from '../fixtures/machine.ts'

test('a command gives its streams apart, byte by byte, and its exit code', async ({ vm }) => {
  const script = String.raw`printf '\000\377out'; printf '\376err' >&2; exit 3`
  const result = await vm.execute(script)
  expect(result.bytes.stdout).toEqual(Buffer.from([0, 255, ...Buffer.from('out')]))
  expect(result.bytes.stderr).toEqual(Buffer.from([254, ...Buffer.from('err')]))
  expect(result).toMatchObject({ exitCode: 3, timedOut: false, command: script })
  expect(result.signal).toBeUndefined()
})

test('a command that a signal ended has a signal and no exit code', async ({ vm }) => {
  const result = await vm.execute('kill -TERM $$')
  expect(result.signal).toBe('SIGTERM')
  expect(result.exitCode).toBeUndefined()
})

test('shell lines are strict: a failing part of a pipe and an unset variable fail', async ({ vm }) => {
  await vm.fail('false | true')
  await vm.fail('echo "$unset_variable"')
  await vm.succeed('true | true')
})

test('a program with arguments is seen by no shell', async ({ vm }) => {
  const { stdout } = await vm.succeed(['printf', '%s|', '$HOME', 'a b', "it's"])
  expect(stdout).toBe("$HOME|a b|it's|")
})

test('values of a template are quoted', async ({ vm }) => {
  const name = `a 'b' "c" $(d)`
  expect((await vm.$`printf %s ${name}`).stdout).toBe(name)
  expect((await vm.$`printf '%s,' ${['x y', 2, true]}`).stdout).toBe('x y,2,true,')
})

test('environment, folder and user are as asked', async ({ vm }) => {
  const { stdout } = await vm.succeed('echo "$GREETING $PWD $(id -un) $HOME"', {
    env: { GREETING: 'hi there' },
    cwd: '/tmp',
    user: 'nobody',
  })
  expect(stdout).toBe('hi there /tmp nobody /nonexistent\n')
})

test('a failure says what failed and what it said, in the shape of a result', async ({ vm }) => {
  const error = await vm.succeed('echo working; echo broken >&2; exit 7').catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(CommandError)
  expect(error).toMatchObject({
    code: 'ERR_FLEDGE_COMMAND_FAILED',
    machine: vm.name,
    exitCode: 7,
    stdout: 'working\n',
    stderr: 'broken\n',
  })
  expect(String(error)).toContain('failed with exit code 7')
  expect(String(error)).toContain('broken')
})

test('a success where a failure was due is an error', async ({ vm }) => {
  await expect(vm.fail('true')).rejects.toMatchObject({ code: 'ERR_FLEDGE_COMMAND_SUCCEEDED', exitCode: 0 })
})

test('a command past its deadline is killed with all that it started, and says what it had said', async ({
  vm,
}) => {
  const script = `echo started; trap '' TERM; setsid sh -c 'trap "" TERM; exec -a fledge-orphan sleep 1000' & exec sleep 1000`
  const error = await vm
    .execute(script.replace('sh -c', 'bash -c'), { timeoutMs: 3_000 })
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_FLEDGE_TIMEOUT', timedOut: true, stdout: 'started\n' })
  await vm.waitUntilFails('pgrep -f "fledge-orphan|sleep 1000"', { timeoutMs: 20_000 })
})

test('a background child neither holds the call nor dies of its end', async ({ vm }) => {
  await vm.succeed('(sleep 2; echo late; echo done > /tmp/child) &')
  await vm.waitForFile('/tmp/child', { timeoutMs: 60_000 })
})

test('standard input is given whole, from a text and from a stream', async ({ vm }) => {
  expect((await vm.succeed('wc -c', { stdin: 'x'.repeat(3_000_000) })).stdout.trim()).toBe('3000000')
  const stream = Readable.from([Buffer.from('one '), Buffer.from('two')])
  expect((await vm.succeed('cat', { stdin: stream })).stdout).toBe('one two')
  expect((await vm.succeed('cat')).stdout).toBe('')
})

test('a program, a user and a folder that are not there are told apart', async ({ vm }) => {
  await expect(vm.execute(['no-such-program'])).rejects.toMatchObject({ code: 'ERR_FLEDGE_COMMAND_START' })
  await expect(vm.execute('true', { user: 'no-such-user' })).rejects.toThrow(/no-such-user/)
  await expect(vm.execute('true', { cwd: '/no-such-folder' })).rejects.toThrow(/no-such-folder/)
})

test('an abort ends the call at once and the command in the guest', async ({ vm }) => {
  const controller = new AbortController()
  const running = vm.execute('exec sleep 1234', { signal: controller.signal })
  await vm.waitUntilSucceeds('pgrep -f "sleep 1234"')
  controller.abort()
  await expect(running).rejects.toMatchObject({ code: 'ERR_FLEDGE_ABORTED' })
  await vm.waitUntilFails('pgrep -f "sleep 1234"', { timeoutMs: 20_000 })
})

test('spawn streams while it runs, takes input and signals', async ({ vm }) => {
  const cat = await vm.spawn('cat')
  const echoed = new Promise((resolve) => cat.stdout.once('data', resolve))
  cat.stderr.resume()
  cat.stdin?.write('ping\n')
  expect(String(await echoed)).toBe('ping\n')
  cat.signal('SIGKILL', { tree: true })
  expect(await cat.exited).toMatchObject({ signal: 'SIGKILL' })
})

test('a terminal has the size that was asked', async ({ vm }) => {
  const call = await vm.spawn('stty size', { terminal: { rows: 33, columns: 111 } })
  let text = ''
  call.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()))
  call.stderr.resume()
  await call.exited
  expect(text.trim()).toBe('33 111')
})

test('many commands at once do not mix', async ({ vm }) => {
  const results = await Promise.all(
    Array.from({ length: 12 }, (_, index) => vm.succeed(`echo ${index}; sleep 0.2; echo ${index}`)),
  )
  expect(results.map(({ stdout }) => stdout)).toEqual(results.map((_, index) => `${index}\n${index}\n`))
})

test('a wait ends with the last thing seen', async ({ vm }) => {
  await vm.succeed('(sleep 1; touch /tmp/there) &')
  await vm.waitUntilSucceeds('test -e /tmp/there', { timeoutMs: 60_000 })
  const error = await vm
    .waitUntilSucceeds('echo seen-last; false', { timeoutMs: 2_000 })
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(GuestError)
  expect(error).toMatchObject({ code: 'ERR_FLEDGE_TIMEOUT' })
  expect(String(error)).toContain('seen-last')
})

checkLeaks()
