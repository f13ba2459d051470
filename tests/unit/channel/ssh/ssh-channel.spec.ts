import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'

import { expect, test as base } from '@playwright/test'
import * as fc from 'fast-check'

import type { Exit } from '../../../../src/channel/call.ts'
import type { ExecRequest } from '../../../../src/channel/exec-request.ts'
import { gather } from '../../../../src/channel/gather.ts'
import type { GuestChannel } from '../../../../src/channel/guest-channel.ts'
import { SshChannel } from '../../../../src/channel/ssh/ssh-channel.ts'
import { GuestError } from '../../../../src/errors.ts'
import { checkLeaks } from '../../../fixtures/leaks.ts'
import { localSshServer, type LocalSshServer } from './local-ssh-server.ts'

const patience = { limitMs: 2_000 }

const test = base.extend<{ server: LocalSshServer; ssh: SshChannel }>({
  server: async ({}, use) => {
    await using server = await localSshServer()
    await use(server)
  },
  ssh: async ({ server }, use) => {
    const channel = new SshChannel(server.access, patience)
    await use(channel)
    await channel.rest()
  },
})

const asRoot = process.getuid?.() === 0

async function run(
  channel: GuestChannel,
  request: ExecRequest,
): Promise<{ exit: Exit; stdout: string; stderr: string }> {
  const output = gather(await channel.exec(request))
  const exit = await output.exited
  return { exit, stdout: output.stdout().toString(), stderr: output.stderr().toString() }
}

const script = (text: string, rest: Partial<ExecRequest> = {}): ExecRequest => ({
  argv: [text],
  shell: true,
  ...rest,
})

test('arguments and variables come as they were, whatever is in them', async ({ ssh: channel }) => {
  const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'))
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 5 }), word, async (words, value) => {
      const { stdout } = await run(channel, {
        argv: ['sh', '-c', String.raw`printf '%s\0' "$@" "$A"`, 'sh', ...words],
        env: { A: value },
      })
      const sent = [...words, value].map((each) => Buffer.from(each).toString())
      expect(stdout.split('\0')).toEqual([...sent, ''])
    }),
    { numRuns: 25 },
  )
})

test('a variable may have a name that no shell knows, and a program a name that looks like one', async ({
  ssh: channel,
}) => {
  const { stdout } = await run(channel, { argv: ['env'], env: { 'odd.name': 'x' } })
  expect(stdout.split('\n')).toContain('odd.name=x')
  await expect(channel.exec({ argv: ['a=b'] })).rejects.toMatchObject({ code: 'ERR_FLEDGE_COMMAND_START' })
})

test('only the default variables are there, and none of the server', async ({ ssh: channel }) => {
  const { stdout } = await run(channel, { argv: ['env'] })
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('=', 1)[0])
  expect(names.toSorted((a = '', b = '') => (a < b ? -1 : 1))).toEqual([
    'HOME',
    'LANG',
    'LOGNAME',
    'PATH',
    'SHELL',
    'USER',
  ])
})

test('a command ends by its exit code or by the very signal', async ({ ssh: channel }) => {
  expect((await run(channel, script('exit 137'))).exit).toEqual({ exitCode: 137, timedOut: false })
  expect((await run(channel, script('kill -9 $$'))).exit).toEqual({ signal: 'SIGKILL', timedOut: false })
  expect((await run(channel, script('false | true; echo no'))).exit).toEqual({ exitCode: 1, timedOut: false })
})

test('its streams are apart, and input comes to its end', async ({ ssh: channel }) => {
  const call = await channel.exec(script('cat; echo err >&2', { stdin: true }))
  const output = gather(call)
  call.stdin?.end('in')
  await output.exited
  expect([output.stdout().toString(), output.stderr().toString()]).toEqual(['in', 'err\n'])
  expect((await run(channel, script('cat'))).stdout).toBe('')
})

test('a command that ends without reading its input is no error', async ({ ssh: channel }) => {
  const call = await channel.exec(script('exit 4', { stdin: true }))
  call.stdout.resume()
  call.stderr.resume()
  call.stdin?.write(Buffer.alloc(4 << 20))
  expect(await call.exited).toEqual({ exitCode: 4, timedOut: false })
})

test('output of tens of megabytes comes whole, and more than can be kept is refused', async ({
  ssh: channel,
}) => {
  const output = gather(await channel.exec(script('seq 1 3000000')))
  await output.exited
  expect(output.stdout().length).toBe(22_888_896)
  await expect(run(channel, script('head -c 300000000 /dev/zero'))).rejects.toMatchObject({
    code: 'ERR_FLEDGE_OUTPUT_LIMIT',
  })
})

test('a command whose output nobody reads waits', async ({ ssh: channel }) => {
  const call = await channel.exec(script('head -c 20000000 /dev/zero; echo end >&2'))
  let said = ''
  call.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
  await new Promise((resolve) => setTimeout(resolve, 700))
  expect(said).toBe('')
  call.stdout.resume()
  await call.exited
  expect(said).toBe('end\n')
})

test('programs, folders and users that are not there are named', async ({ ssh: channel }) => {
  const refused = async (request: ExecRequest): Promise<unknown> =>
    channel.exec(request).then(
      () => 'started',
      (error: GuestError) => `${error.code} ${(error.cause as { code?: string }).code}: ${error.message}`,
    )
  const start = 'ERR_FLEDGE_COMMAND_START'
  expect(await refused({ argv: ['nope'] })).toBe(
    `${start} ENOENT: Cannot start "nope": no such program: nope (ENOENT)`,
  )
  expect(await refused({ argv: ['/etc/passwd'] })).toContain(`${start} EACCES`)
  expect(await refused({ argv: ['true'], cwd: '/no such' })).toContain('no such folder: /no such (ENOENT)')
  expect(await refused({ argv: ['true'], cwd: '/etc/passwd' })).toContain(`${start} ENOTDIR`)
  expect(await refused({ argv: ['true'], user: 'not there' })).toContain('no such user: not there (ENOENT)')
})

test('a command runs as another user, in the home of that', async ({ ssh: channel }) => {
  base.skip(!asRoot, 'only root becomes another user')
  const text = 'id -u; id -g; echo "$USER $HOME"; pwd'
  const argv = ['sh', '-c', text]
  expect((await run(channel, { argv, user: 'nobody' })).stdout).toMatch(
    /^65534\n65534\nnobody \/nonexistent\n\/\n$/,
  )
  expect((await run(channel, { argv, user: '4242', cwd: '/tmp' })).stdout).toBe('4242\n4242\n4242 /\n/tmp\n')
  const end = await run(channel, { argv: ['sh', '-c', 'kill -TERM $$'], user: 'nobody' })
  expect(end.exit).toEqual({ signal: 'SIGTERM', timedOut: false })
})

test('a deadline kills all that the command started', async ({ ssh: channel }) => {
  const mark = `61.${process.pid}`
  const end = await run(channel, script(`sleep ${mark} & sleep ${mark}`, { deadlineMs: 300 }))
  expect(end.exit).toEqual({ signal: 'SIGKILL', timedOut: true })
  await expect
    .poll(async () => (await run(channel, { argv: ['pgrep', '-fc', `^sleep ${mark}`] })).stdout.trim())
    .toBe('0')
})

test('an abort kills all that the command started, even before it is known to run', async ({
  ssh: channel,
}) => {
  const mark = `62.${process.pid}`
  for (const waitMs of [0, 20, 400]) {
    const controller = new AbortController()
    const starting = channel.exec(script(`sleep ${mark} & sleep ${mark}`), { signal: controller.signal })
    const ended = starting.then((call) => call.exited)
    ended.catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    controller.abort()
    await expect(ended).rejects.toMatchObject({ code: 'ERR_FLEDGE_ABORTED' })
  }
  await expect
    .poll(async () => (await run(channel, { argv: ['pgrep', '-fc', `^sleep ${mark}`] })).stdout.trim())
    .toBe('0')
})

test('a signal reaches the command; too late is no error', async ({ ssh: channel }) => {
  const call = await channel.exec({ argv: ['sleep', '60'] })
  call.stdout.resume()
  call.stderr.resume()
  expect(() => call.signal('SIGNOT')).toThrow('no signal of Linux')
  call.signal('SIGUSR1')
  expect(await call.exited).toEqual({ signal: 'SIGUSR1', timedOut: false })
  call.signal('SIGTERM')
})

test('a background child that keeps the streams open holds no call', async ({ ssh: channel }) => {
  const mark = `63.${process.pid}`
  const start = performance.now()
  const { stdout } = await run(channel, script(`sleep ${mark} & echo "said $!"`))
  expect(performance.now() - start).toBeLessThan(20_000)
  expect(stdout).toMatch(/^said \d+\n$/)
  await run(channel, script(`kill ${stdout.slice(5)}`))
})

test('any number at once, over as many connections as that takes', async ({ ssh: channel, server }) => {
  const codes = await Promise.all(
    Array.from(
      { length: 20 },
      async (_, code) => (await run(channel, script(`sleep 0.3; exit ${code}`))).exit,
    ),
  )
  expect(codes).toEqual(Array.from({ length: 20 }, (_, exitCode) => ({ exitCode, timedOut: false })))
  expect(server.connections).toBe(3)
})

test('paths are looked at', async ({ ssh: channel }) => {
  expect(await channel.stat('/etc')).toMatchObject({ isDirectory: true, isFile: false, uid: 0 })
  expect(await channel.stat('/etc/passwd')).toMatchObject({ isFile: true, mode: 0o100644 })
  expect(await channel.stat('/no/such')).toBeUndefined()
})

test('ports are probed from within', async ({ ssh: channel, server }) => {
  const { port } = server.access
  expect(await channel.probe({ kind: 'tcp', address: 'localhost', port })).toEqual({ open: true })
  expect(await channel.probe({ kind: 'tcp', address: '127.0.0.1', port: 1 })).toEqual({
    open: false,
    reason: 'ECONNREFUSED',
  })
  await expect(channel.probe({ kind: 'datagram', address: '/dev/log' })).rejects.toThrow(
    'stream sockets only',
  )
})

test('what login scripts say is no part of the output', async () => {
  await using server = await localSshServer('echo Welcome; printf "no line end"; ')
  const channel = new SshChannel(server.access, patience)
  expect((await run(channel, { argv: ['echo', 'hello'] })).stdout).toBe('hello\n')
  await channel.rest()
})

test('a login shell that runs nothing is told, with what it said', async () => {
  await using server = await localSshServer('echo This account is not available; exit 1; ')
  const channel = new SshChannel(server.access, patience)
  await expect(channel.exec({ argv: ['true'] })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_SSH',
    message: 'Cannot run a command in the guest: its login shell said: This account is not available',
  })
  await channel.rest()
})

test('a password is as good as a key', async ({ server }) => {
  const { port, user } = server.access
  const channel = new SshChannel({ port, user, password: 'secret' }, patience)
  expect((await run(channel, { argv: ['true'] })).exit).toEqual({ exitCode: 0, timedOut: false })
  await channel.rest()
})

test('a key that the server does not know is refused at once, as is one that cannot be read', async ({
  server,
}) => {
  const start = performance.now()
  for (const privateKey of [server.wrongKey, 'no key']) {
    const channel = new SshChannel({ ...server.access, privateKey }, { limitMs: 60_000 })
    await expect(channel.exec({ argv: ['true'] })).rejects.toMatchObject({
      code: 'ERR_FLEDGE_SSH',
      message: expect.stringContaining('Cannot log in as "root" over SSH'),
      hint: expect.any(String),
    })
  }
  expect(performance.now() - start).toBeLessThan(20_000)
})

test('a server with another key than the machine had is refused', async ({ server }) => {
  const channel = new SshChannel({ ...server.access, hostKey: '00' }, { limitMs: 60_000 })
  await expect(channel.exec({ argv: ['true'] })).rejects.toThrow('Cannot trust the SSH server')
})

test('the key of the first connection is that of all', async ({ server }) => {
  const { hostKey, ...access } = server.access
  const channel = new SshChannel(access, patience)
  await run(channel, { argv: ['true'] })
  expect(channel.hostKey).toBe(hostKey)
  await channel.rest()
})

test('a server that is not there, and one that says nothing, are waited for as long as asked', async () => {
  const silent = createServer((socket) => socket.on('error', () => {}).resume())
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const quiet = new SshChannel({ port, user: 'root', password: 'x' }, { limitMs: 60_000 })
  const waiting = quiet.exec({ argv: ['true'] }, { signal: AbortSignal.timeout(500) })
  await expect(waiting).rejects.toMatchObject({ code: 'ERR_FLEDGE_ABORTED' })
  silent.close()
  await once(silent, 'close')
  const down = new SshChannel({ port, user: 'root', password: 'x' }, { limitMs: 600 })
  await expect(down.exec({ argv: ['true'] })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_SSH',
    message: expect.stringMatching(/^Cannot reach the SSH server of the guest within 1 s: .*ECONNREFUSED/),
  })
})

test('a connection that is cut fails its calls, and the next call makes another', async ({
  ssh: channel,
  server,
}) => {
  const call = await channel.exec({ argv: ['sleep', '1'] })
  server.cut()
  await expect(call.exited).rejects.toMatchObject({
    code: 'ERR_FLEDGE_SSH',
    message: 'Cannot finish: the SSH connection to the guest was lost',
  })
  expect((await run(channel, { argv: ['echo', 'again'] })).stdout).toBe('again\n')
})

test('a guest that was reset is not told to kill processes of before', async ({ ssh: channel }) => {
  const abort = new AbortController()
  const call = await channel.exec({ argv: ['sleep', '3'] }, { signal: abort.signal })
  const ended = call.exited.catch((error: unknown) => error)
  await channel.rest()
  abort.abort()
  call.signal('SIGKILL')
  expect(await ended).toMatchObject({ code: 'ERR_FLEDGE_ABORTED' })
  // It could have been told by now.
  expect((await run(channel, script(`sleep 1; kill -0 ${call.pid}; echo there`))).stdout).toBe('there\n')
})

test('the end of the machine fails all that is pending, and all that comes later', async ({ server }) => {
  const channel = new SshChannel(server.access, patience)
  const call = await channel.exec({ argv: ['sleep', '1'] })
  const end = new GuestError('ERR_FLEDGE_MACHINE_DIED', 'The machine ended')
  channel.fail(end)
  await expect(call.exited).rejects.toBe(end)
  await expect(channel.exec({ argv: ['true'] })).rejects.toBe(end)
  await expect(channel.stat('/')).rejects.toBe(end)
})

test('a command that is too long for one argument is refused with what to do', async ({ ssh: channel }) => {
  await expect(channel.exec(script(`: ${'x'.repeat(200_000)}`))).rejects.toMatchObject({
    code: 'ERR_FLEDGE_OPTION',
    hint: expect.stringContaining('stdin'),
  })
})

checkLeaks()
