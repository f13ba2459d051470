import { execFileSync, spawnSync } from 'node:child_process'
import { appendFile, cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test as base } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { ownOwner, type OwnOwner } from '../fixtures/own-owner.ts'
import { fledge, image, prepareImage } from './run-fledge.ts'
import { inTerminal } from './terminal.ts'

const test = base.extend<{ owner: OwnOwner }>({
  owner: [
    async ({}, use) => {
      await using owner = await ownOwner()
      await use(owner)
    },
    { auto: true },
  ],
})

prepareImage()

/** What the parts of `fledge ps` are, by their columns. */
async function listed(): Promise<readonly (readonly string[])[]> {
  const { stdout } = await fledge(['ps'])
  const [, ...rows] = stdout.toString().trim().split('\n')
  return rows.map((row) => row.split(/ {2,}/))
}

test('a machine that is kept by "fledge exec" is listed, asked again and ended', async () => {
  const first = await fledge(['exec', image, '--keep', '--', 'touch', '/root/here'])
  const name =
    /fledge: "(debian-13-minimal-\w+)" runs on\. "fledge shell \1" opens a shell/.exec(first.stderr)?.[1] ??
    ''
  expect([first.code, name]).toEqual([0, expect.stringMatching(/./)])
  expect(await listed()).toEqual([
    [
      name,
      image,
      'running',
      expect.stringMatching(/^[\d.]+ s$/),
      'yes',
      expect.stringMatching(/^[0-9a-f]{8}$/),
    ],
  ])
  const json = await fledge(['ps', '--json'])
  expect(JSON.parse(json.stdout.toString())).toMatchObject([{ name, image, kept: true }])
  const ended = await fledge(['stop', name])
  expect([ended.code, ended.stdout.toString()]).toEqual([0, `${name} has ended\n`])
  expect((await fledge(['ps'])).stdout.toString()).toBe('No machine runs that could be asked from here\n')
  const again = await fledge(['stop', name])
  expect([again.code, again.stderr]).toEqual([
    1,
    expect.stringContaining(`fledge: Cannot find a running machine "${name}"\n  See "fledge ps"\n`),
  ])
})

test('a shell that is kept can be left and opened again', async () => {
  await using first = inTerminal(['shell', image, '--keep'])
  await first.until(/it is kept when you leave/)
  await first.until(/# $/)
  first.type('echo left > /root/note; exit\r')
  await first.until(/fledge: "\S+" runs on/)
  expect(await first.ended).toBe(0)
  const name = (await listed())[0]?.[0] ?? ''
  await using second = inTerminal(['shell', name])
  await second.until(/# $/)
  second.type('cat /root/note; exit 3\r')
  await second.until(/left\r\n/)
  expect(await second.ended).toBe(3)
  // A shell in a machine that runs does not end it.
  expect(await listed()).toHaveLength(1)
  expect((await fledge(['stop', '--all'])).stdout.toString()).toBe(`${name} has ended\n`)
  expect((await fledge(['stop', '--all'])).stdout.toString()).toBe('No machine is kept\n')
})

test('a second terminal opens a shell in the machine of the first, and hears of its end', async () => {
  await using first = inTerminal(['shell', image])
  const name = /"(\S+)"/.exec(await first.until(/this is "\S+"/))?.[1] ?? ''
  await first.until(/# $/)
  expect(await listed()).toEqual([[name, image, 'running', expect.any(String), 'no', expect.any(String)]])
  await using second = inTerminal(['shell', name])
  await second.until(/# $/)
  second.type('tty; echo from-second > /tmp/note\r')
  await second.until(/\/dev\/pts\/\d/)
  first.type('cat /tmp/note\r')
  await first.until(/from-second\r\n/)
  first.type('exit\r')
  expect(await first.ended).toBe(0)
  await second.until(new RegExp(`fledge: The machine "${name}" `))
  expect(await second.ended).toBe(1)
  expect(await listed()).toEqual([])
})

test('a prompt with a machine that runs has its verbs and a shell, and leaves it running', async ({
  owner,
}) => {
  const first = await fledge(['exec', image, '--keep', '--', 'touch', '/root/here'])
  const name = /fledge: "(\S+)" runs on/.exec(first.stderr)?.[1] ?? ''
  await using prompt = inTerminal(
    ['attach', name],
    { XDG_STATE_HOME: owner.folder, NO_COLOR: '1' },
    { plain: true },
  )
  await prompt.until(/> $/)
  prompt.type("(await vm.succeed('ls /root')).stdout\r")
  await prompt.until(/'here\\n'/)
  await prompt.until(/> $/)
  prompt.type('await shell()\r')
  await prompt.until(/# $/)
  prompt.type('touch /root/from-shell; exit\r')
  await prompt.until(/> $/)
  prompt.type('\u0004')
  expect(await prompt.ended).toBe(0)
  expect(await listed()).toHaveLength(1)
  const second = await fledge(['stop', name])
  expect(second.code).toBe(0)
})

test('machines of a fledge that was installed anew meanwhile are not asked, and said', async ({ owner }) => {
  const root = join(import.meta.dirname, '../..')
  const copy = join(owner.folder, '../installed')
  await mkdir(copy)
  for (const part of ['dist', 'package.json'])
    await cp(join(root, part), join(copy, part), { recursive: true })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  const installed = (...args: string[]): string =>
    execFileSync(process.execPath, [join(copy, 'dist/cli/main.js'), ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    })
  installed('exec', image, '--keep', '--', 'true')
  expect(installed('ps')).toContain(image)
  await appendFile(join(copy, 'dist/serve/owner-process.js'), '\n')
  const { stdout, stderr } = spawnSync(process.execPath, [join(copy, 'dist/cli/main.js'), 'ps'], {
    encoding: 'utf8',
  })
  expect(stdout).toBe('No machine runs that could be asked from here\n')
  expect(stderr).toMatch(/^fledge: Cannot use the process behind "\S+": it is of another build\n$/)
})

test('what "fledge stop" is told has to be names, or --all', async () => {
  for (const args of [[], ['web', '--all']]) {
    const { code, stderr } = await fledge(['stop', ...args])
    expect([code, stderr]).toEqual([2, expect.stringContaining('Cannot stop: name machines, or use --all')])
  }
  const unknown = await fledge(['shell', 'nowhere'])
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('not a terminal')])
})

checkLeaks()
