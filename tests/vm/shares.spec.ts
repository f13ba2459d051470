import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { checkLeaks } from '../fixtures/leaks.ts'
import { launch } from '../../src/index.ts'
import { expect, image, test as base } from '../fixtures/machine.ts'

const test = base.extend<{ folder: string }>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'fledge, shares-'))
    await use(folder)
    await rm(folder, { recursive: true })
  },
})

test('shares are there before the first command, each with its access', async ({ folder }) => {
  for (const name of ['ro', 'rw', 'over']) {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'file'), `${name} content`)
  }
  await using vm = await launch(image, {
    shares: {
      '/mnt/ro': join(folder, 'ro'),
      '/mnt/r w': { source: join(folder, 'rw'), access: 'read-write' },
      '/srv/over': { source: join(folder, 'over'), access: 'overlay' },
    },
  })
  const { stdout } = await vm.succeed('cat /mnt/ro/file "/mnt/r w/file" /srv/over/file')
  expect(stdout).toBe('ro contentrw contentover content')

  await vm.fail('echo x > /mnt/ro/new')
  await vm.fail('mount -o remount,rw /mnt/ro && echo x > /mnt/ro/new')
  expect(await readdir(join(folder, 'ro'))).toEqual(['file'])

  await vm.succeed('echo from the guest > "/mnt/r w/new"')
  expect(await readFile(join(folder, 'rw', 'new'), 'utf8')).toBe('from the guest\n')

  await vm.succeed(
    'echo changed > /srv/over/file; echo x > /srv/over/new; rm -rf /srv/over/gone; cat /srv/over/file',
  )
  expect(await readFile(join(folder, 'over', 'file'), 'utf8')).toBe('over content')
  expect(await readdir(join(folder, 'over'))).toEqual(['file'])
})

test('what the host changes in a share, the guest sees', async ({ folder }) => {
  await using vm = await launch(image, { shares: { '/mnt/s': folder } })
  await writeFile(join(folder, 'later'), 'one')
  expect((await vm.succeed('cat /mnt/s/later')).stdout).toBe('one')
})

test('set-uid programs, owners, devices and links that a guest makes are not real on the host', async ({
  folder,
}) => {
  await using vm = await launch(image, { shares: { '/mnt/s': { source: folder, access: 'read-write' } } })
  await vm.succeed(
    'cd /mnt/s; cp /bin/true suid; chown root:root suid; chmod 4755 suid; touch owned; chown 1234:2345 owned; ln -s /etc/shadow link; mknod device c 1 3',
  )
  // The guest sees what it made.
  const { stdout } = await vm.succeed(
    'cd /mnt/s; stat -c "%a %u" suid; stat -c "%u:%g" owned; readlink link; stat -c %F device',
  )
  expect(stdout).toBe('4755 0\n1234:2345\n/etc/shadow\ncharacter special file\n')
  // The host has plain files of its own.
  const us = process.getuid?.()
  for (const name of ['suid', 'owned', 'link', 'device']) {
    const found = await lstat(join(folder, name))
    expect(found.isFile(), name).toBe(true)
    expect(found.uid, name).toBe(us)
    expect(found.mode & 0o7000, name).toBe(0)
  }
})

test('a link of the host that leads out of a share leads nowhere on the host', async ({ folder }) => {
  const outside = await mkdtemp(join(tmpdir(), 'fledge-outside-'))
  await writeFile(join(outside, 'secret'), 'secret of the host')
  await symlink(outside, join(folder, 'door'))
  await using vm = await launch(image, { shares: { '/mnt/s': folder } })
  // A link is followed by the guest, in the guest.
  await vm.fail('cat /mnt/s/door/secret')
  await rm(outside, { recursive: true })
})

test('modes of the host are seen in a read-only share, and its programs run', async ({ folder }) => {
  await writeFile(join(folder, 'run'), '#!/bin/sh\necho it runs\n')
  await chmod(join(folder, 'run'), 0o755)
  await using vm = await launch(image, { shares: { '/mnt/s': folder } })
  expect((await vm.succeed('/mnt/s/run')).stdout).toBe('it runs\n')
  expect((await stat(join(folder, 'run'))).mode & 0o777).toBe(0o755)
})

test('shares that cannot be are refused before anything starts', async ({ folder }) => {
  await writeFile(join(folder, 'file'), '')
  const refusals = [
    [{ '/mnt/x': join(folder, 'none') }, 'ERR_FLEDGE_SHARE_SOURCE', /does not exist/],
    [{ '/mnt/x': join(folder, 'file') }, 'ERR_FLEDGE_SHARE_SOURCE', /not a folder/],
    [{ 'mnt/x': folder }, 'ERR_FLEDGE_SHARE_TARGET', /not an absolute path/],
    [{ '/': folder }, 'ERR_FLEDGE_SHARE_TARGET', /hide the whole guest/],
    [{ '/a': folder, '/a/': folder }, 'ERR_FLEDGE_SHARE_TARGET', /twice/],
    [Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`/m${n}`, folder])), 'ERR_FLEDGE_OPTION', /room for 4/],
  ] as const
  for (const [shares, code, message] of refusals) {
    const error = await launch(image, { shares }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code })
    expect(String(error)).toMatch(message)
  }
})

checkLeaks()
