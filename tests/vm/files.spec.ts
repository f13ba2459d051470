import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { checkLeaks, ownChildren } from '../fixtures/leaks.ts'
import { expect, test as base } from '../fixtures/machine.ts'

const test = base.extend<{ folder: string }>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'fledge-files-'))
    await use(folder)
    await rm(folder, { recursive: true })
  },
})

const old = new Date('2020-02-02T02:02:02Z')

test('a folder goes in and comes out again with modes, links and times', async ({ vm, folder }) => {
  const source = join(folder, 'tree')
  await mkdir(join(source, 'sub dir'), { recursive: true })
  await writeFile(join(source, 'sub dir', 'ünï "quoted".bin'), Buffer.from([0, 1, 255, 254]))
  await writeFile(join(source, 'script'), '#!/bin/sh\necho ran\n')
  await chmod(join(source, 'script'), 0o755)
  await symlink('script', join(source, 'link'))
  await symlink('/etc/absolute', join(source, 'far'))
  await link(join(source, 'script'), join(source, 'hard'))
  await utimes(join(source, 'script'), old, old)

  await vm.copyFromHost(source, '/opt/tree')
  const { stdout } = await vm.succeed(
    'cd /opt/tree; stat -c "%a %U %Y" script; readlink link far; ./script; test script -ef hard; od -An -tx1 "sub dir"/*',
  )
  expect(stdout).toBe(`755 root ${old.getTime() / 1000}\nscript\n/etc/absolute\nran\n 00 01 ff fe\n`)

  await vm.copyFromMachine('/opt/tree', join(folder, 'back'))
  expect(await readFile(join(folder, 'back', 'sub dir', 'ünï "quoted".bin'))).toEqual(
    Buffer.from([0, 1, 255, 254]),
  )
  const script = await stat(join(folder, 'back', 'script'))
  expect(script.mode & 0o777).toBe(0o755)
  expect(script.mtime).toEqual(old)
  expect(await readlink(join(folder, 'back', 'far'))).toBe('/etc/absolute')
  expect((await lstat(join(folder, 'back', 'hard'))).ino).toBe(script.ino)
})

test('a file goes to a path, or with a slash into a folder', async ({ vm, folder }) => {
  await writeFile(join(folder, 'a.txt'), 'content')
  await vm.copyFromHost(join(folder, 'a.txt'), '/srv/new/b.txt')
  await vm.copyFromHost(join(folder, 'a.txt'), '/srv/into/')
  expect((await vm.succeed('cat /srv/new/b.txt /srv/into/a.txt')).stdout).toBe('contentcontent')
  await vm.copyFromMachine('/srv/new/b.txt', join(folder, 'c.txt'))
  await vm.copyFromMachine('/srv/new/b.txt', `${folder}/in/`)
  expect(await readFile(join(folder, 'c.txt'), 'utf8')).toBe('content')
  expect(await readFile(join(folder, 'in', 'b.txt'), 'utf8')).toBe('content')
})

test('what is not there cannot be copied, and nothing is left of the attempt', async ({ vm, folder }) => {
  await expect(vm.copyFromHost(join(folder, 'none'), '/srv/x')).rejects.toMatchObject({
    code: 'ERR_FLEDGE_COPY',
  })
  await expect(vm.copyFromMachine('/no/such', join(folder, 'x'))).rejects.toMatchObject({
    code: 'ERR_FLEDGE_COPY',
  })
  await expect(vm.copyFromMachine('relative', join(folder, 'x'))).rejects.toMatchObject({
    code: 'ERR_FLEDGE_OPTION',
  })
  await expect(lstat(join(folder, 'x'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a copy that the guest cannot take fails, and leaves no program waiting on the host', async ({
  vm,
  folder,
}) => {
  await writeFile(join(folder, 'large'), Buffer.alloc(64 << 20))
  await vm.succeed('mount -t tmpfs -o size=1m none /mnt')
  await expect(vm.copyFromHost(join(folder, 'large'), '/mnt/large')).rejects.toMatchObject({
    code: 'ERR_FLEDGE_COPY',
  })
  await expect.poll(() => ownChildren(process.pid, /^tar/)).toEqual([])
})

test('what the guest says of a copy that fails is told in whole characters', async ({ vm, folder }) => {
  await vm.succeed(
    [
      `cat > /usr/bin/tar <<'END'`,
      '#!/bin/bash',
      String.raw`for byte in 303 274 342 206 222; do printf "\\$byte" >&2; sleep 0.1; done`,
      'exit 2',
      'END',
    ].join('\n'),
  )
  await expect(vm.copyFromMachine('/etc', join(folder, 'x'))).rejects.toThrow('ü→')
})

test('a guest cannot write outside of the copy through links', async ({ vm, folder }) => {
  const outside = join(folder, 'outside')
  await mkdir(outside)
  // An archive whose second entry would go through the link that its first one is.
  const script = `mkdir -p /t/evil && cd /t && ln -s '${outside}' evil/door && tar -cf a.tar evil && rm evil/door && mkdir evil/door && echo x > evil/door/in && tar -rf a.tar evil/door/in && mv /usr/bin/tar /usr/bin/tar.real && printf '#!/bin/sh\\ncat /t/a.tar\\n' > /usr/bin/tar && chmod +x /usr/bin/tar`
  await vm.succeed(script)
  await expect(vm.copyFromMachine('/t/evil', join(folder, 'got'))).rejects.toMatchObject({
    code: 'ERR_FLEDGE_COPY',
  })
  await expect(lstat(join(outside, 'in'))).rejects.toMatchObject({ code: 'ENOENT' })
})

checkLeaks()
