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
import { findProgram } from '../../src/util/find-program.ts'
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

test('a source may have any name, and be a link to a folder', async ({ folder }) => {
  const names = ['a,b=c', 'it\'s "it"', '-readonly=off', 'ünï\n😀,']
  for (const name of names) {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'file'), name)
  }
  // Four shares a machine: each name as a share of its own, then all behind links and in odd places of the guest.
  for (const [targets, access] of [
    [names.map((_, index) => `/mnt/${index}`), 'read-only'],
    [names.map((name) => `/mnt/${name}`), 'overlay'],
  ] as const) {
    const sources = await Promise.all(
      names.map(async (name, index) => {
        if (access === 'read-only') return join(folder, name)
        await symlink(name, join(folder, `link,${index}`))
        return join(folder, `link,${index}`)
      }),
    )
    const shares = Object.fromEntries(
      targets.map((target, index) => [target, { source: sources[index] ?? '', access }]),
    )
    await using vm = await launch(image, { shares })
    for (const [index, target] of targets.entries()) {
      expect((await vm.succeed(['cat', `${target}/file`])).stdout).toBe(names[index])
    }
  }
})

test('links in a share are kept as links: inside it they lead on, elsewhere into the guest or nowhere', async ({
  folder,
}) => {
  await mkdir(join(folder, 'sub'))
  await writeFile(join(folder, 'sub', 'file'), 'inside')
  await symlink('sub/file', join(folder, 'in'))
  await symlink('sub', join(folder, 'sub-link'))
  await symlink('../../../etc/hostname', join(folder, 'up'))
  await symlink('nothing', join(folder, 'dangling'))
  await symlink('loop', join(folder, 'loop'))
  await using vm = await launch(image, {
    name: 'of-the-guest',
    shares: {
      '/mnt/ro': folder,
      '/mnt/overlay': { source: folder, access: 'overlay' },
      '/mnt/rw': { source: folder, access: 'read-write' },
    },
  })
  for (const at of ['/mnt/ro', '/mnt/overlay']) {
    expect((await vm.succeed(`cd ${at}; cat in sub-link/file`)).stdout).toBe('insideinside')
    expect((await vm.succeed(`cd ${at}; readlink dangling up`)).stdout).toBe(
      'nothing\n../../../etc/hostname\n',
    )
    // Its own hostname, and not the host's.
    expect((await vm.succeed(`cat ${at}/up`)).stdout).toBe('of-the-guest\n')
    await vm.fail(`cat ${at}/dangling`)
    await vm.fail(`cat ${at}/loop`)
  }
  // Where links are the guest's own, those of the host are none.
  const { stderr } = await vm.fail('cat /mnt/rw/in')
  expect(stderr).toContain('Too many levels of symbolic links')
  // Through a link that leads out, a guest writes to nothing of the host.
  await symlink(join(folder, '..', 'fledge-made-by-a-guest'), join(folder, 'out'))
  await vm.execute('echo x > /mnt/rw/out')
  await expect(lstat(join(folder, '..', 'fledge-made-by-a-guest'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a source that goes while its machine is started is named', async ({ folder }) => {
  const source = join(folder, 'source')
  await mkdir(source)
  const qemu = (await findProgram('qemu-system-x86_64')) ?? ''
  // The folder goes when all has been checked.
  const script = `#!/bin/sh\ncase "$*" in *-incoming*) rmdir '${source}' ;; esac\nexec ${qemu} "$@"\n`
  await writeFile(join(folder, 'qemu'), script, { mode: 0o755 })
  const before = process.env['FLEDGE_QEMU']
  process.env['FLEDGE_QEMU'] = join(folder, 'qemu')
  try {
    await expect(launch(image, { shares: { '/mnt/s': source } })).rejects.toMatchObject({
      code: 'ERR_FLEDGE_SHARE_SOURCE',
      message: `Cannot share "${source}" at "/mnt/s": "${source}" does not exist`,
    })
  } finally {
    if (before === undefined) delete process.env['FLEDGE_QEMU']
    else process.env['FLEDGE_QEMU'] = before
  }
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
