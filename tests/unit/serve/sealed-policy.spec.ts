import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import type { LaunchOptions } from '../../../src/machine/launch-options.ts'
import type { SealedPolicy } from '../../../src/owner/remote/sealed-policy.ts'
import { sealedQmp, sealLaunch } from '../../../src/serve/sealed-policy.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { test as base } from '../test-in-folder.ts'

const test = base.extend<{ policy: SealedPolicy }>({
  policy: async ({ folder }, use) => {
    for (const name of ['project/src', 'project/results', 'data', 'secret']) {
      await mkdir(join(folder, name), { recursive: true })
    }
    await writeFile(join(folder, 'data/disk.qcow2'), '')
    await symlink('../secret', join(folder, 'project/way-out'))
    await use({
      projectFolder: join(folder, 'project'),
      readable: [join(folder, 'data')],
      writable: [join(folder, 'project/results')],
    })
  },
})

const image = 'debian:13-minimal'

test('a machine of a sealed run is given what is in the project or declared, and no network', async ({
  folder,
  policy,
}) => {
  const at = (name: string): string => join(folder, name)
  const given: LaunchOptions = {
    network: 'user',
    memoryMiB: 512,
    shares: {
      '/src': at('project/src'),
      '/out': { source: at('project/results'), access: 'read-write' },
    },
    disks: { data: { path: at('data/disk.qcow2') }, empty: { sizeGiB: 1 } },
    cdrom: at('data/disk.qcow2'),
  }
  const { options, paths } = await sealLaunch(policy, image, given)
  expect(options).toEqual({ ...given, network: 'none' })
  expect(paths).toEqual([
    at('project/src'),
    at('project/results'),
    at('data/disk.qcow2'),
    at('data/disk.qcow2'),
  ])
})

test('all else is refused by its name, with what declares it', async ({ folder, policy }) => {
  const at = (name: string): string => join(folder, name)
  const attempts: readonly [string, LaunchOptions, string][] = [
    [image, { shares: { '/mnt': '/etc' } }, '/etc'],
    [image, { shares: { '/mnt': { source: at('secret'), access: 'overlay' } } }, at('secret')],
    [image, { shares: { '/mnt': at('project/way-out') } }, at('project/way-out')],
    [image, { shares: { '/mnt': at('project/src/../../secret') } }, at('project/src/../../secret')],
    [image, { shares: { '/mnt': at('project/..') } }, at('project/..')],
    [image, { shares: { '/mnt': { source: at('project/src'), access: 'read-write' } } }, at('project/src')],
    [image, { shares: { '/mnt': { source: at('data'), access: 'read-write' } } }, at('data')],
    [image, { disks: { a: '/dev/zero' } }, '/dev/zero'],
    [image, { disks: { a: { path: '/dev/zero' } } }, '/dev/zero'],
    [image, { cdrom: '/dev/zero' }, '/dev/zero'],
    [image, { cold: true, boot: { kernel: '/etc/passwd' } }, '/etc/passwd'],
    [image, { cold: true, boot: { initrd: '/etc/passwd' } }, '/etc/passwd'],
    [image, { cold: true, keepState: at('project/results/disk') }, 'keepState'],
    ['/etc/passwd', {}, '/etc/passwd'],
  ]
  for (const [name, options, said] of attempts) {
    await expect(sealLaunch(policy, name, options), said).rejects.toMatchObject({
      code: 'ERR_FLEDGE_SEALED',
      message: expect.stringContaining(`"${said}"`),
    })
  }
})

test('what is not there is left to the launch, which says so', async ({ policy }) => {
  const { paths } = await sealLaunch(policy, image, { shares: { '/mnt': '/nowhere' } })
  expect(paths).toEqual([])
})

test('QEMU is asked only for what concerns the machine itself', () => {
  const pointer = { driver: 'virtio-tablet-pci', id: 'pointer' }
  for (const name of [
    'cont',
    'stop',
    'quit',
    'query-status',
    'query-block',
    'input-send-event',
    'set_link',
  ]) {
    expect(sealedQmp(name, undefined), name).toBeUndefined()
  }
  expect(sealedQmp('device_add', pointer)).toBeUndefined()
  const refused: readonly [string, unknown][] = [
    ['screendump', { filename: '/etc/passwd' }],
    ['human-monitor-command', { 'command-line': 'hostfwd_add tcp::22-:22' }],
    ['blockdev-add', { driver: 'file', filename: '/etc/shadow' }],
    ['chardev-add', {}],
    ['netdev_add', { type: 'user', id: 'x' }],
    ['migrate', { uri: 'unix:/tmp/x' }],
    ['device_add', { driver: 'virtio-tablet-pci', id: 'other' }],
    ['device_add', { ...pointer, bus: 'x' }],
    ['device_add', { driver: 'vhost-vsock-pci', id: 'pointer' }],
    ['xen-save-devices-state', { filename: '/tmp/x' }],
    ['pmemsave', {}],
    ['query-', undefined],
    ['QUERY-STATUS', undefined],
    ['query-x;y', undefined],
  ]
  for (const [name, args] of refused) expect(sealedQmp(name, args), name).toContain(`"${name}"`)
})

checkLeaks()
