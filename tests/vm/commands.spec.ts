import { createReadStream } from 'node:fs'
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

test('bytes that are no UTF-8 stay as they were, and are replaced in the text', async ({ vm }) => {
  const result = await vm.succeed(String.raw`printf '\303(\377ok'; printf '\360\237\220err' >&2`)
  expect(result.bytes.stdout).toEqual(Buffer.from([0xc3, 0x28, 0xff, ...Buffer.from('ok')]))
  expect(result.bytes.stderr).toEqual(Buffer.from([0xf0, 0x9f, 0x90, ...Buffer.from('err')]))
  expect(result.stdout).toBe('\u{fffd}(\u{fffd}ok')
  expect(result.stderr).toBe('\u{fffd}err')
})

/** Writes a text to standard error byte by byte, so that the pieces split its characters. */
const inPieces = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `printf '\\${byte.toString(8)}' >&2; sleep 0.02`).join('\n')

test('characters are whole however their bytes come', async ({ vm }) => {
  const text = 'ünï→🐧'
  expect((await vm.succeed(inPieces(text))).stderr).toBe(text)
  // The agent's frames end within characters, too.
  const many = await vm.fail(`printf x; seq 100000 | sed s/.*/🐧/ | tr -d '\\n'; exit 1`)
  expect(many.stdout).toBe(`x${'🐧'.repeat(100_000)}`)
  const failed = await vm.succeed(`seq 1000 | sed s/.*/🐧/ | tr -d '\\n'; exit 1`).then(() => '', String)
  expect(Buffer.from(failed).toString(), 'no half of a character').toBe(failed)
  expect(failed).toContain('🐧')
  const error = await vm.execute(`${inPieces(text)}; sleep 1000`, { timeoutMs: 3_000 }).catch(String)
  expect(error).toContain(`stderr:\n  ${text}`)
})

test('characters are whole on a terminal', async ({ vm }) => {
  const text = 'ünï→🐧'
  const call = await vm.spawn(inPieces(text), { terminal: { rows: 1, columns: 80 } })
  const pieces: string[] = []
  call.stdout.setEncoding('utf8').on('data', (piece: string) => pieces.push(piece))
  await call.exited
  expect(pieces.join('')).toBe(text)
  expect(pieces.length).toBeGreaterThan(1)
})

test('sudo tells of a program with another name than ASCII', async ({ vm }) => {
  const said = 'sudo: ünï-→: command not found'
  expect((await vm.fail(['sudo', '-n', 'ünï-→'])).stderr).toBe(`${said}\n`)
  const call = await vm.spawn(['sudo', '-n', 'ünï-→'], { terminal: { rows: 1, columns: 80 } })
  let text = ''
  call.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  await call.exited
  expect(text).toBe(`${said}\r\n`)
})

test('a command past its deadline is killed with all that it started, and says what it had said', async ({
  vm,
}) => {
  // A child, one in a session of its own, and one whose parent is gone: none of them heeds SIGTERM.
  const script = `
    trap '' TERM HUP
    bash -c 'exec -a fledge-orphan sleep 1000' &
    setsid bash -c 'exec -a fledge-orphan sleep 1000' &
    setsid bash -c '(setsid bash -c "exec -a fledge-orphan sleep 1000" &) & exit'
    until [ "$(pgrep --count --full '^fledge-orphan')" = 3 ]; do sleep 0.1; done
    echo started
    exec -a fledge-orphan sleep 1000`
  const error = await vm.execute(script, { timeoutMs: 10_000 }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_FLEDGE_TIMEOUT', timedOut: true, stdout: 'started\n' })
  await vm.waitUntilFails(['pgrep', '--full', '^fledge-orphan'], { timeoutMs: 20_000 })
})

test('a background child neither holds the call nor dies of its end', async ({ vm }) => {
  await vm.succeed('(sleep 2; echo late; echo done > /tmp/child) &')
  await vm.waitForFile('/tmp/child', { timeoutMs: 60_000 })
  const { stdout } = await vm.succeed('sleep 1000 & echo $!')
  await vm.succeed(`kill -0 ${stdout}`)
})

test('a background child that floods the outputs it has kept holds nobody', async ({ vm }) => {
  const { stdout } = await vm.succeed('yes > >(tee /dev/stderr) & echo $!', { timeoutMs: 60_000 })
  const child = stdout.split('\n').find((line) => line !== 'y')
  expect((await vm.succeed('echo other')).stdout).toBe('other\n')
  await vm.succeed(`sleep 1; kill -0 ${child}; kill ${child}`)
})

test('standard input is given whole, from a text and from a stream', async ({ vm }) => {
  expect((await vm.succeed('wc -c', { stdin: 'x'.repeat(3_000_000) })).stdout.trim()).toBe('3000000')
  const stream = Readable.from([Buffer.from('one '), Buffer.from('two')])
  expect((await vm.succeed('cat', { stdin: stream })).stdout).toBe('one two')
  expect((await vm.succeed('cat')).stdout).toBe('')
})

test('a stream that breaks ends the command that reads it, with its reason', async ({ vm }) => {
  const broken = new Readable({
    read() {
      this.push('begun ')
      this.destroy(new Error('no more'))
    },
  })
  const error = await vm
    .execute('exec -a fledge-reader cat', { stdin: broken })
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_FLEDGE_OPTION', machine: vm.name, cause: { message: 'no more' } })
  await vm.waitUntilFails(['pgrep', '--full', '^fledge-reader'], { timeoutMs: 20_000 })
  // One that is over already has nothing to give, and never will.
  await expect(vm.execute('cat', { stdin: broken })).rejects.toMatchObject({ code: 'ERR_FLEDGE_OPTION' })
})

test('a stream that a command does not read to its end is let go', async ({ vm }) => {
  const file = createReadStream('/dev/zero')
  await vm.succeed('head -c 10', { stdin: file })
  await expect.poll(() => file.closed).toBe(true)
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
