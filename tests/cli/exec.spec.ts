import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { findProgram } from '../../src/util/find-program.ts'
import { descendants, finish, fledge, image, prepareImage, startFledge } from './run-fledge.ts'

prepareImage()

let folder: string

test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fledge-cli-'))
})

test.afterEach(async () => {
  await rm(folder, { recursive: true })
})

test('exec keeps the streams apart, byte by byte, and ends as the command does', async () => {
  const input = randomBytes(3_000_000)
  const { code, stdout, stderr } = await fledge(
    ['exec', image, '--', 'sh', '-c', 'cat; echo said >&2; exit 7'],
    { input },
  )
  expect(code).toBe(7)
  expect(stdout.equals(input)).toBe(true)
  expect(stderr).toMatch(/said\n$/)
})

test('exec passes output on while the command runs, and input to it', async () => {
  const child = startFledge(['exec', image, '--', 'sh', '-c', 'echo ready; read answer; echo "got $answer"'])
  let stdout = ''
  child.stdout?.on('data', (bytes: Buffer) => (stdout += bytes.toString()))
  await expect.poll(() => stdout, { timeout: 500_000 }).toBe('ready\n')
  child.stdin?.write('an answer\n')
  const { code } = await finish(child)
  expect(stdout).toBe('ready\ngot an answer\n')
  expect(code).toBe(0)
})

test('exec gives a program its arguments as they are, with user, folder and variables', async () => {
  const args = ['--user', 'nobody', '--cwd', '/tmp', '--env', 'A=b c', '--memory', '1G']
  const script = 'id -un; pwd; echo "$A"; for each; do echo "<$each>"; done'
  const line = ['sh', '-c', script, 'sh', '--share', '$HOME *', '--', '']
  const { code, stdout } = await fledge(['exec', image, ...args, '--', ...line])
  expect(stdout.toString()).toBe('nobody\n/tmp\nb c\n<--share>\n<$HOME *>\n<-->\n<>\n')
  expect(code).toBe(0)
})

test('exec shares folders: to read, to write, and to write in vain', async () => {
  for (const name of ['ro', 'rw', 'a:b,c']) {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'file'), name)
  }
  const script = `
    cat /mnt/ro/file; ! touch /mnt/ro/new 2>&-
    echo changed > /mnt/rw/file
    cat /mnt/overlay/file; echo changed > /mnt/overlay/file; cat /mnt/overlay/file`
  const { code, stdout, stderr } = await fledge([
    'exec',
    image,
    `--share=${folder}/ro:/mnt/ro`,
    `--share=${folder}/rw:/mnt/rw:rw`,
    `--share=${folder}/a:b,c:/mnt/overlay:overlay`,
    '--',
    'sh',
    '-ec',
    script,
  ])
  expect(stderr).toBe('')
  expect(stdout.toString()).toBe('roa:b,cchanged\n')
  expect(code).toBe(0)
  expect(await readdir(join(folder, 'ro'))).toEqual(['file'])
  expect(await readFile(join(folder, 'rw/file'), 'utf8')).toBe('changed\n')
  expect(await readFile(join(folder, 'a:b,c/file'), 'utf8')).toBe('a:b,c')
})

test('exec ends with 128 and the signal that ended the command, 124 after its time, 127 without a program', async () => {
  const killed = await fledge(['exec', image, '--', 'sh', '-c', 'kill -KILL $$'])
  expect(killed).toMatchObject({ code: 137, stderr: '' })
  const late = await fledge(['exec', image, '--timeout', '0.3', '--', 'sleep', '60'])
  expect(late).toMatchObject({ code: 124, stderr: 'fledge: "sleep" did not end within 0.3 s\n' })
  const unknown = await fledge(['exec', image, '--', 'no-such-program'])
  expect(unknown.code).toBe(127)
  expect(unknown.stderr).toContain('fledge: Cannot start "no-such-program"')
})

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`exec ends well at ${signal}: with ${code}, and nothing left`, async () => {
    const child = startFledge(['exec', image, '--', 'sh', '-c', 'echo ready; sleep 600'])
    const ended = finish(child)
    await new Promise((resolve) => child.stdout?.once('data', resolve))
    const below = await descendants(child.pid ?? 0)
    expect([...below.values()].some((name) => name.startsWith('qemu'))).toBe(true)
    const start = performance.now()
    child.kill(signal)
    const run = await ended
    expect(performance.now() - start).toBeLessThan(5_000)
    expect(run.code).toBe(code)
    expect(run.stderr).toBe(`fledge: ending (${signal}); a second one ends it at once\n`)
    expect([...below.keys()].filter((id) => existsSync(`/proc/${id}`))).toEqual([])
  })
}

test('exec goes quietly when nobody reads its output any more', async () => {
  const child = startFledge(['exec', image, '--', 'yes'])
  child.stdout?.once('data', () => child.stdout?.destroy())
  const { code, stderr } = await finish(child)
  expect({ code, stderr }).toEqual({ code: 141, stderr: '' })
})

test('exec suggests an image for a name that none has', async () => {
  const { code, stderr } = await fledge(['exec', 'debian:13-minmal', '--', 'true'])
  expect(code).toBe(2)
  expect(stderr).toContain('fledge: Cannot find an image named "debian:13-minmal"')
  expect(stderr).toContain('Did you mean "debian:13-minimal"?')
})

test('exec says which source of a share is missing', async () => {
  const { code, stderr } = await fledge(['exec', image, '--share', `${folder}/none:/mnt`, '--', 'true'])
  expect(code).toBe(2)
  expect(stderr).toContain(`"${folder}/none" does not exist`)
})

test('exec says how to get what is missing: QEMU, mmdebstrap', async () => {
  const unnamed = await fledge(['exec', image, '--', 'true'], { env: { PATH: folder } })
  expect(unnamed.code).toBe(1)
  expect(unnamed.stderr).toContain('fledge: Cannot find the program "qemu-system-x86_64"')
  expect(unnamed.stderr).toContain('fledge doctor --fix')
  const named = await fledge(['exec', image, '--', 'true'], { env: { FLEDGE_QEMU: '/none/qemu' } })
  expect(named.code).toBe(1)
  expect(named.stderr).toContain('"/none/qemu", which FLEDGE_QEMU names')
  for (const tool of ['qemu-system-x86_64', 'setpriv', 'flock', 'sh', 'cat', 'unshare', 'rm']) {
    const path = await findProgram(tool)
    if (path !== undefined) await symlink(path, join(folder, tool))
  }
  const env = { PATH: folder, FLEDGE_CACHE: join(folder, 'cache') }
  const unbuilt = await fledge(['exec', image, '--', 'true'], { env })
  expect(unbuilt.code).toBe(1)
  expect(unbuilt.stderr).toContain('fledge: Cannot find the program "mmdebstrap"')
  expect(unbuilt.stderr).toContain('apt-get install mmdebstrap')
  expect((await readdir(join(env.FLEDGE_CACHE, 'images'))).filter((name) => !name.endsWith('.lock'))).toEqual(
    [],
  )
})

test('exec says once that machines are emulated, unless that was asked for', async () => {
  const asked = await fledge(['exec', image, '--', 'true'])
  expect(asked).toMatchObject({ code: 0, stderr: '' })
  const { stderr } = await fledge(['exec', image, '--', 'true'], { env: { FLEDGE_ACCELERATOR: 'auto' } })
  test.skip(stderr === '', 'KVM works here')
  expect(stderr).toMatch(/^fledge: KVM does not work here \(.*\); machines are emulated.*\n {2}.*\n$/)
})

checkLeaks()
