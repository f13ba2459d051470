import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'

import { expect, test } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { ensureImage, imageFolder } from '../../../src/image/ensure-image.ts'
import { prepareImage } from '../../../src/image/prepare-image.ts'
import { resolveImage } from '../../../src/image/resolve-image.ts'
import { runTool } from '../../../src/util/run-tool.ts'
import { compileLibrary } from '../compiled-library.ts'
import { fakeHost } from './fake-host.ts'

const name = 'debian:13-minimal'
const ensureScript = `
  const { resolveImage } = await library('image/resolve-image.js')
  const { ensureImage } = await library('image/ensure-image.js')
  console.log((await ensureImage(resolveImage(process.argv[1]))).folder)`
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

test.beforeEach(() => {
  test.skip(!existsSync(keyring), 'the package "debian-archive-keyring" is not installed')
  const users = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user', '--map-auto']
  const namespaces = spawnSync('unshare', [...users, '--mount', '--pid', '--fork', '--mount-proc', 'true'])
  test.skip(namespaces.status !== 0, `namespaces cannot be made here: ${namespaces.stderr.toString()}`)
})

test('ensureImage() builds once, finds it again, and builds anew to refresh', async () => {
  await using host = await fakeHost()
  const spec = resolveImage(name)
  const image = await ensureImage(spec)
  expect(image.folder).toBe(imageFolder(spec))
  expect(image.packages).toEqual(['bash=1'])
  expect((await stat(image.disk)).size).toBe(8 * 1024 ** 3)
  expect((await stat(image.disk)).blocks * 512).toBeLessThan(300 * 1024 ** 2)
  expect(await ensureImage(spec)).toEqual(image)
  expect(await host.builds()).toBe(1)
  expect((await ensureImage(spec, { refresh: true })).key).toBe(image.key)
  expect(await host.builds()).toBe(2)
  expect(await host.list('images')).toHaveLength(1)
})

test('ensureImage() builds once for several processes', async () => {
  await using host = await fakeHost()
  await using library = await compileLibrary()
  process.env['FAKE_SECONDS'] = '1'
  const processes = [1, 2, 3].map(() => library.run(ensureScript, name))
  const codes = await Promise.all(processes.map(async (child) => (await once(child, 'close'))[0] as number))
  expect(codes).toEqual([0, 0, 0])
  expect(await host.builds()).toBe(1)
  expect(await host.list('images')).toHaveLength(1)
})

test('ensureImage() mends what a killed process left: its build ends, its rest is swept, its lock is free', async () => {
  await using host = await fakeHost()
  await using library = await compileLibrary()
  process.env['FAKE_SECONDS'] = '100'
  const child = library.run(ensureScript, name)
  await expect.poll(() => host.builds(), { timeout: 20_000 }).toBe(1)
  child.kill('SIGKILL')
  await once(child, 'close')
  await expect.poll(() => host.processes()).toEqual([])
  expect(await host.list('images')).toEqual([expect.stringMatching(/^\.partial-/)])
  process.env['FAKE_SECONDS'] = '0'
  await ensureImage(resolveImage(name))
  expect(await host.list('images')).toEqual([expect.stringMatching(/^debian-13-minimal-[0-9a-f]{12}$/)])
})

test('ensureImage() leaves nothing behind when it is aborted', async () => {
  await using host = await fakeHost()
  process.env['FAKE_SECONDS'] = '100'
  const controller = new AbortController()
  const building = ensureImage(resolveImage(name), { signal: controller.signal })
  const outcome = building.catch((error: unknown) => error)
  await expect.poll(() => host.builds()).toBe(1)
  const start = performance.now()
  controller.abort()
  expect(await outcome).toMatchObject({ code: 'ERR_FLEDGE_ABORTED', message: expect.stringContaining(name) })
  expect(performance.now() - start).toBeLessThan(3000)
  expect(await host.list('images')).toEqual([])
  expect(await host.processes()).toEqual([])
})

test('ensureImage() leaves nothing behind when the build fails, and says why', async () => {
  await using host = await fakeHost()
  process.env['FAKE_STDERR'] =
    "Err:1 http://mirror.example/debian trixie InRelease\n  Could not resolve 'mirror.example'"
  await expect(ensureImage(resolveImage(name))).rejects.toMatchObject({
    code: 'ERR_FLEDGE_MIRROR',
    message: expect.stringContaining("Could not resolve 'mirror.example'"),
  })
  expect(await host.list('images')).toEqual([])
})

test('ensureImage() says how to get mmdebstrap', async () => {
  await using host = await fakeHost()
  await host.removeMmdebstrap()
  await expect(ensureImage(resolveImage(name))).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TOOL_MISSING',
    hint: expect.stringContaining('apt-get install mmdebstrap'),
  })
  expect(await host.list('images')).toEqual([])
})

test('prepareImage() puts the agent in, once for each agent', async () => {
  await using host = await fakeHost()
  const image = await ensureImage(resolveImage(name))
  const [one, two] = [process.execPath, import.meta.filename]
  const prepared = await prepareImage(image, two)
  expect(prepared).toMatchObject({ name, direct: { arguments: image.kernelArguments } })
  const { disk, direct } = prepared
  const path = disk[0]?.path ?? ''
  expect(prepared.key).not.toBe(image.key)
  for (const file of [path, direct?.kernel, direct?.initrd]) expect(file).toContain(prepared.folder)
  const { stdout } = await runTool('debugfs', ['-R', 'stat /usr/lib/fledge/fledge-agent', path])
  expect(stdout).toContain('Mode:  0755')
  expect(stdout).toContain(`Size: ${(await stat(two)).size}\n`)
  const unit = await runTool('debugfs', ['-R', 'cat /etc/systemd/system/fledge-agent.service', path])
  expect(unit.stdout).toContain('ExecStart=/usr/lib/fledge/fledge-agent')
  expect(await prepareImage(image, two)).toEqual(prepared)
  expect((await prepareImage(image, one)).folder).not.toBe(prepared.folder)
  expect(await host.list('prepared')).toHaveLength(2)
})

checkLeaks()
