import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../fixtures/leaks.ts'
import { findProgram } from '../../src/util/find-program.ts'
import { image, prepareImage } from './run-fledge.ts'

const run = promisify(execFile)
const project = join(import.meta.dirname, '../..')

/** All that a host of fledge's users has, for an image that is in the cache: no compiler, no make, no tsc. */
const tools = ['sh', 'cat', 'cp', 'env', 'flock', 'setpriv', 'qemu-system-x86_64']

prepareImage()

let folder: string
let env: NodeJS.ProcessEnv

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fledge-package-'))
  const bin = join(folder, 'bin')
  await mkdir(bin)
  for (const tool of tools) {
    const path = await findProgram(tool)
    if (path !== undefined) await symlink(path, join(bin, tool))
  }
  await symlink(process.execPath, join(bin, 'node'))
  env = { ...process.env, PATH: bin, npm_config_update_notifier: 'false' }
})

test.afterAll(async () => {
  await rm(folder, { recursive: true })
})

test('the package has all that it needs, and runs machines from an empty folder', async () => {
  const { tarball, files } = await pack()
  expect(files).toContain('dist/agent/x86_64/fledge-agent')
  expect(files).toContain('dist/agent/fledge-agent.service')
  expect(files).toContain('dist/cli/main.js')
  expect(files.filter((path) => /sanitize|fuzz|\.build|\.spec\.|^tests|^src/.test(path))).toEqual([])

  const user = join(folder, 'user')
  await mkdir(user)
  await writeFile(join(user, 'package.json'), '{ "private": true, "type": "module" }')
  await npm('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], user)
  await writeFile(
    join(user, 'machine.js'),
    `import { launch } from 'fledge'
    const vm = await launch('${image}')
    console.log((await vm.succeed('uname -s')).stdout.trim())
    await vm.stop()`,
  )
  const script = await run(process.execPath, ['machine.js'], { cwd: user, env })
  expect(script.stdout).toBe('Linux\n')
  const { stdout } = await npm('npx', ['--no-install', 'fledge', 'exec', image, '--', 'echo', 'hello'], user)
  expect(stdout).toBe('hello\n')
})

async function pack(): Promise<{ tarball: string; files: readonly string[] }> {
  // The scripts would build what others use right now; it is built.
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const { stdout } = await npm('npm', args, project)
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[]
  return {
    tarball: join(folder, packed?.filename ?? ''),
    files: packed?.files.map(({ path }) => path) ?? [],
  }
}

/** Runs npm or npx by its file: its own first line looks for more than that PATH has. */
async function npm(
  program: 'npm' | 'npx',
  args: readonly string[],
  cwd: string,
): Promise<{ stdout: string }> {
  const path = await findProgram('npm')
  test.skip(path === undefined, 'npm is not installed')
  const cli = join(dirname(await realpath(path ?? '')), `${program}-cli.js`)
  return run(process.execPath, [cli, ...args], { cwd, env, maxBuffer: 2 ** 24 })
}

checkLeaks()
