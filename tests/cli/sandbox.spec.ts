import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { ownOwner } from '../fixtures/own-owner.ts'
import { type Attempt, attempts, attemptsFile, type Target, withKey } from './sandbox-attempts.ts'
import { type FinishedRun, resultOf, testProject } from './test-project.ts'

interface User {
  readonly uid: number
  readonly gid: number
}

/** A user with no rights at all. */
const nobody: User = { uid: 65_534, gid: 65_534 }
const root: User = { uid: 0, gid: 0 }
const isRoot = process.getuid?.() === 0

/** Why an attempt is not made by somebody: without a seal it would not get through either. */
function needless({ needs }: Attempt, as: User | undefined): string | undefined {
  const isPlain = as !== undefined || !isRoot
  if (needs === 'root' && isPlain) return 'a plain user cannot do that anywhere'
  if (needs === 'keys' && !hasKeys()) return 'nobody gets keys of the kernel here'
  if (needs === 'two users' && !isRoot) return 'only root can make a program that is another user'
  return undefined
}

/** Whether a process can have a key, which containers forbid. */
function hasKeys(): boolean {
  const [program = '', ...args] = withKey
  return spawnSync(program, [...args, 'true']).status === 0
}

for (const [who, as] of [
  ['this user', undefined],
  ['a plain user', nobody],
] as const) {
  test.describe(`as ${who}`, () => {
    test.skip(as !== undefined && !isRoot, 'only root can run tests as somebody else')
    let plain: FinishedRun
    let sealed: FinishedRun

    test.beforeAll(async () => {
      ;[plain, sealed] = await runBoth(as)
    })

    for (const attempt of attempts) {
      const { title, refusal } = attempt
      test(`a sealed run does not reach ${title}`, () => {
        const why = needless(attempt, as)
        test.skip(why !== undefined, why)
        // It is an attempt that succeeds where nothing is in its way.
        expect(resultOf(plain, title)).toMatchObject({ status: 'passed' })
        expect(resultOf(sealed, title)).toMatchObject({ status: 'failed' })
        expect(resultOf(sealed, title).error?.message).toMatch(refusal)
      })
    }
  })
}

/** Runs the attempts without a seal and in one. */
async function runBoth(as: User | undefined): Promise<[FinishedRun, FinishedRun]> {
  await using owner = await ownOwner()
  await using aim = await targets()
  const under = as ? ['setpriv', `--reuid=${as.uid}`, `--regid=${as.gid}`, '--clear-groups'] : ['env']
  await using project = await testProject(
    { 'attempts.spec.js': attemptsFile(aim.target), 'declared.txt': 'declared' },
    {
      // It stays open for all that the shell starts; Node uses low numbers itself.
      under: [
        'bash',
        '-c',
        'exec 200< "$0"; exec "$@"',
        aim.target.file,
        ...under,
        ...(hasKeys() ? withKey : []),
      ],
      env: { DEPLOY_TOKEN: 'sesame', HOME: aim.home, TMPDIR: aim.home },
    },
  )
  await symlink(aim.target.file, join(project.folder, 'link.txt'))
  await symlink(dirname(aim.target.file), join(project.folder, 'links'))
  await copyFile('/usr/bin/id', join(project.folder, 'identity'))
  if (as) await own(as, project.folder, aim.home, dirname(owner.folder))
  if (isRoot) {
    const other = as ? root : nobody
    await chown(join(project.folder, 'identity'), other.uid, other.gid)
    await chmod(join(project.folder, 'identity'), 0o4755)
  }
  const sealed = await project.run('--sandbox', '--reporter=json', '--workers=1')
  return [await project.run('--reporter=json', '--workers=1'), sealed]
}

/** Gives folders with all that is in them to a user. It is chown's own walk that does not go through links: these lead out of the project. */
async function own({ uid, gid }: User, ...folders: readonly string[]): Promise<void> {
  await promisify(execFile)('chown', [
    '--recursive',
    '--no-dereference',
    '-P',
    `${uid}:${gid}`,
    '--',
    ...folders,
  ])
}

/** What the attempts aim at. */
async function targets(): Promise<AsyncDisposable & { readonly target: Target; readonly home: string }> {
  const undo: (() => unknown)[] = []
  const folder = await mkdtemp(join(tmpdir(), 'somebody-'))
  undo.push(() => rm(folder, { recursive: true }))
  await chmod(folder, 0o755)
  const home = await mkdtemp(join(tmpdir(), 'home-'))
  undo.push(() => rm(home, { recursive: true }))
  const target = {
    abstractSocket: `fledge-${process.pid}-${performance.now()}`,
    socket: join(folder, 'daemon.sock'),
    file: join(folder, 'notes.txt'),
    cached: join(home, '.cache/fledge/verdicts/theirs.json'),
    shared: `/dev/shm/fledge-${process.pid}`,
    marker: `marker-${process.pid}-${performance.now()}`,
  }
  const ports: number[] = []
  for (const where of [
    { port: 0, host: '127.0.0.1' },
    { path: `\0${target.abstractSocket}` },
    { path: target.socket },
  ]) {
    const server = createServer((socket) => socket.on('error', () => {}).end('reached'))
    await once(server.listen(where), 'listening')
    undo.push(async () => {
      server.close()
      await once(server, 'close')
    })
    const address = server.address()
    if (typeof address === 'object' && address) ports.push(address.port)
  }
  await chmod(target.socket, 0o777)
  await mkdir(dirname(target.cached), { recursive: true })
  undo.push(() => rm(target.shared))
  for (const path of [target.file, target.cached, target.shared])
    await writeFile(path, 'secret', { mode: 0o644 })
  const other = spawn('sleep', ['1000'], { argv0: target.marker, stdio: 'ignore' })
  undo.push(async () => {
    const ended = once(other, 'exit')
    other.kill()
    await ended
  })
  return {
    target: { ...target, port: ports[0] ?? 0 },
    home,
    [Symbol.asyncDispose]: async () => {
      for (const each of undo.toReversed()) await each()
    },
  }
}

checkLeaks()
