import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Readable } from 'node:stream'

import { expect, test as base } from '../fixtures/machine.ts'
import { checkLeaks } from '../fixtures/leaks.ts'

const test = base.extend<{ folder: string }>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'fledge-names-'))
    await use(folder)
    await rm(folder, { recursive: true })
  },
})

/** What a shell, an option parser or a line-based tool would take for something else. */
const awkward = [
  '-rf',
  '--help',
  'a b',
  '$(touch pwned)',
  '`touch pwned`',
  ';touch pwned;',
  "it's",
  '"quoted"',
  'two\nlines',
  '*',
  '~',
  '#x',
  'back\\slash',
  '\\n',
  '%s',
  'tab\there',
  'ünï😀',
  '@list',
  'a=b,c:d',
  '\u001b[31m',
  ' ',
]

test('paths of any kind are copied, waited for and entered as they are', async ({ vm, folder }) => {
  for (const name of awkward) {
    await writeFile(join(folder, name), `in ${name}`)
    await vm.copyFromHost(join(folder, name), `/srv/${name}`)
    await vm.waitForFile(`/srv/${name}`)
    expect((await vm.succeed(['cat', '--', `/srv/${name}`])).stdout).toBe(`in ${name}`)
    await vm.copyFromHost(join(folder, name), '/into/')
    await vm.copyFromMachine(`/srv/${name}`, join(folder, 'back', name))
    expect(await readFile(join(folder, 'back', name), 'utf8')).toBe(`in ${name}`)
  }
  const { stdout } = await vm.succeed(['find', '/srv', '/into', '-type', 'f', '-printf', String.raw`%f\0`])
  const found = stdout.split('\0').slice(0, -1)
  expect(found.toSorted()).toEqual([...awkward, ...awkward].toSorted())
  // Folders, too; a whole one with all of those in it.
  await vm.copyFromMachine('/srv', join(folder, 'all'))
  await vm.copyFromHost(join(folder, 'all'), '/again')
  await vm.succeed(['diff', '-r', '/srv', '/again'])
  for (const name of awkward.slice(0, 9)) {
    await mkdir(join(folder, 'folders', name), { recursive: true })
    await vm.copyFromHost(join(folder, 'folders', name), `/in/${name}`)
    expect((await vm.succeed(['pwd'], { cwd: `/in/${name}` })).stdout).toBe(`/in/${name}\n`)
  }
  await vm.fail('ls -d /pwned /root/pwned /srv/pwned')
})

test('a template quotes any value as one word, and variables are what they were', async ({ vm }) => {
  for (const value of awkward) {
    expect((await vm.$`printf %s ${value}`).stdout).toBe(value)
    expect((await vm.succeed('printf %s "$VALUE"', { env: { VALUE: value } })).stdout).toBe(value)
  }
  expect((await vm.$`printf '<%s>' ${awkward}`).stdout).toBe(awkward.map((value) => `<${value}>`).join(''))
  expect((await vm.succeed(['printf', '<%s>', ...awkward])).stdout).toBe(
    awkward.map((value) => `<${value}>`).join(''),
  )
})

test('units of any name are asked for as such, and users too', async ({ vm }) => {
  for (const unit of ['-foo', '--version', '-foo.service', String.raw`a\x20b.service`]) {
    const error = await vm.waitForUnit(unit, { timeoutMs: 1_500 }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_FLEDGE_TIMEOUT', lastSeen: `there is no unit "${unit}"` })
  }
  // A unit whose name begins with a dash, that fails: its journal is found.
  await vm.succeed(
    `printf '[Service]\\nExecStart=/bin/sh -c "echo the reason; exit 5"\\n' > /run/systemd/system/-bad.service; systemctl daemon-reload; systemctl start -- -bad.service; sleep 1`,
  )
  const failed = await vm
    .waitForUnit('-bad.service', { timeoutMs: 60_000 })
    .catch((thrown: unknown) => thrown)
  expect(failed).toMatchObject({
    code: 'ERR_FLEDGE_UNIT_FAILED',
    message: expect.stringContaining('the reason'),
  })
  for (const unit of ['a;b', 'x\ny', 'ssh*', '$(touch /pwned)']) {
    await expect(vm.waitForUnit(unit)).rejects.toMatchObject({ code: 'ERR_FLEDGE_OPTION' })
  }
  for (const user of ['-u', 'root;id', 'a\nb', '$(id)', '0x0', '-1', '4294967295', ' 0']) {
    await expect(vm.execute('id', { user }), user).rejects.toMatchObject({ code: 'ERR_FLEDGE_COMMAND_START' })
  }
  await vm.fail('ls /pwned')
})

test('limits that are none, and those of no time, are as they say', async ({ vm }) => {
  expect((await vm.succeed('echo ok', { timeoutMs: Infinity })).stdout).toBe('ok\n')
  await vm.waitForFile('/etc', { timeoutMs: Infinity })
  await vm.waitUntilSucceeds('true', { timeoutMs: Infinity })
  await expect(vm.execute('sleep 100', { timeoutMs: 0 })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
  })
})

test('input that cannot be read to its end ends the command, and says why', async ({ vm }) => {
  const broken = new Readable({ read: () => {} })
  broken.push('some')
  setTimeout(() => broken.destroy(new Error('the disk is gone')), 300)
  const cut = new Readable({ read: () => {} })
  setTimeout(() => cut.destroy(), 300)
  for (const [stdin, why] of [
    [broken, 'the disk is gone'],
    [cut, 'Premature close'],
    [Readable.from([{ no: 'bytes' }]), "it gave { no: 'bytes' }, which is no bytes"],
  ] as const) {
    const error = await vm.execute('cat', { stdin }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'ERR_FLEDGE_OPTION',
      message: `"cat" could not be given its input: ${why}`,
    })
  }
  await vm.fail('pgrep -x cat')
  // A command may be left without the rest, and is not waited for.
  const call = await vm.spawn(['cat'])
  call.stdout.resume()
  call.stderr.resume()
  call.stdin?.destroy()
  expect(await call.exited).toMatchObject({ exitCode: 0 })
  // A stream that nobody reads to its end is left as it was.
  const left = Readable.from(['one\n', 'two\n'])
  expect((await vm.succeed('read line; echo "$line"', { stdin: left })).stdout).toBe('one\n')
})

checkLeaks()
