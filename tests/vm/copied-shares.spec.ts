import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { LaunchOptions, Machine, Shares } from '../../src/index.ts'
import { normalizeLaunchOptions } from '../../src/machine/launch-options.ts'
import { startClone } from '../../src/machine/start-machine.ts'
import { templateFor } from '../../src/machine/template-for.ts'
import { probe9p } from '../../src/template/mounts-9p.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { expect, image, test as base } from '../fixtures/machine.ts'

const test = base.extend<{ folder: string }>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'fledge, copied-'))
    await use(folder)
    await rm(folder, { recursive: true })
  },
})

/** Launches a machine as if its template had been found to be without 9p. */
async function launchWithout9p(options: LaunchOptions): Promise<Machine> {
  const normal = normalizeLaunchOptions(options)
  const { template, ...ready } = await templateFor(image, normal)
  const without9p = { ...template, manifest: { ...template.manifest, mounts9p: false } }
  return startClone({ ...ready, template: without9p }, normal)
}

test('a guest without the modules of 9p is found out', async ({ vm }) => {
  expect((await vm.succeed(probe9p)).stdout).toBe('yes\n')
  await vm.succeed('rmmod 9p 9pnet_virtio; cd /lib/modules/*/kernel; rm -r fs/9p net/9p; depmod -a')
  expect((await vm.succeed(probe9p)).stdout).toBe('no\n')
})

test('copied shares are there before the first command, each with its access', async ({ folder }) => {
  for (const name of ['ro', 'rw', 'over']) {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'file'), `${name} content`)
  }
  await using vm = await launchWithout9p({
    shares: {
      '/mnt/ro': join(folder, 'ro'),
      '/mnt/r w': { source: join(folder, 'rw'), access: 'read-write' },
      // What the guest has there is hidden.
      '/etc/apt': { source: join(folder, 'over'), access: 'overlay' },
    },
  })
  await vm.fail('grep -w 9p /proc/mounts')
  const { stdout } = await vm.succeed('cat /mnt/ro/file "/mnt/r w/file" /etc/apt/file; ls /etc/apt')
  expect(stdout).toBe('ro contentrw contentover contentfile\n')

  const { stderr } = await vm.fail('echo x > /mnt/ro/new')
  expect(stderr).toContain('Read-only file system')
  await vm.succeed('echo x > /etc/apt/new; echo x > /etc/apt/file; echo x > "/mnt/r w/file"')
  // A guest that is root can undo that, and the host sees none of it.
  await vm.succeed('mount -o remount,bind,rw /mnt/ro; echo x > /mnt/ro/file')
  await vm.syncShares()
  await vm.stop()
  for (const name of ['ro', 'rw', 'over']) {
    expect(await readdir(join(folder, name))).toEqual(['file'])
    expect(await readFile(join(folder, name, 'file'), 'utf8')).toBe(`${name} content`)
  }
})

test('what a guest changes comes back when it is asked for, and at the end', async ({ folder }) => {
  await mkdir(join(folder, 'sub'))
  for (const name of ['kept', 'changed', 'sub/gone']) await writeFile(join(folder, name), 'of before')
  const vm = await launchWithout9p({
    shares: { '/mnt/s': { source: folder, access: 'read-write', copyBack: true } },
  })
  await vm.succeed('cd /mnt/s; echo new > changed; rm -r sub; mkdir made; echo it > made/file')
  expect(await readFile(join(folder, 'changed'), 'utf8')).toBe('of before')
  await vm.syncShares()
  expect((await readdir(folder, { recursive: true })).toSorted()).toEqual([
    'changed',
    'kept',
    'made',
    'made/file',
  ])
  expect(await readFile(join(folder, 'changed'), 'utf8')).toBe('new\n')
  // What the host does between is its own, and what the guest does comes at the end.
  await writeFile(join(folder, 'kept'), 'by the host')
  await vm.succeed('echo last > /mnt/s/changed')
  await vm.stop()
  await vm.stop()
  expect(await readFile(join(folder, 'changed'), 'utf8')).toBe('last\n')
  expect(await readFile(join(folder, 'kept'), 'utf8')).toBe('by the host')
})

test('shutdown() copies back, and kill() does not', async ({ folder }) => {
  const shares: Shares = { '/mnt/s': { source: folder, access: 'read-write', copyBack: true } }
  await using shut = await launchWithout9p({ shares })
  await shut.succeed('echo shut down > /mnt/s/file')
  await shut.shutdown()
  expect(await readFile(join(folder, 'file'), 'utf8')).toBe('shut down\n')
  const killed = await launchWithout9p({ shares })
  await killed.succeed('echo killed > /mnt/s/file')
  await killed.kill()
  await killed.stop()
  expect(await readFile(join(folder, 'file'), 'utf8')).toBe('shut down\n')
})

test('a copy that takes too long ends the launch, and the machine', async ({ folder }) => {
  await writeFile(join(folder, 'large'), Buffer.alloc(256 << 20, 'x'))
  await expect(launchWithout9p({ shares: { '/mnt/s': folder }, timeoutMs: 4_000 })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
  })
})

checkLeaks()
