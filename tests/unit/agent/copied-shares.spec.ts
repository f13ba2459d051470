import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { appendFile, chmod, lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { CopiedShares, type ShareGuest } from '../../../src/machine/copied-shares.ts'
import { planShares, type Shares } from '../../../src/machine/shares.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { test as base } from '../test-in-folder.ts'
import { collect, startAgent, whyNotHere } from './running-agent.ts'

base.skip(whyNotHere() !== undefined, whyNotHere())

/** An agent that sees other mounts than this host: in their place, a guest's. */
interface Guest {
  readonly owned: ShareGuest
  /** Runs a shell line, and gives what it says. */
  readonly run: (line: string) => Promise<string>
  readonly bring: (shares: Shares, image?: string) => Promise<CopiedShares>
}

const emptyGuest = `
mount -t tmpfs -o size=64M guest /var/lib
mount -t tmpfs -o size=64M guest /mnt
mkdir /mnt/hidden; echo x > /mnt/hidden/file
exec "$@"`

const test = base.extend<{ guest: Guest; share: string; signal: AbortSignal }>({
  signal: async ({}, use) => use(AbortSignal.timeout(100_000)),
  share: async ({ folder }, use) => {
    await mkdir(join(folder, 'share', 'sub'), { recursive: true })
    for (const name of ['file', 'sub/other'])
      await writeFile(join(folder, 'share', name), `${name} of before`)
    await use(join(folder, 'share'))
  },
  guest: async ({ signal }, use) => {
    await using agent = await startAgent('x86_64', ['unshare', '--mount', 'sh', '-euc', emptyGuest, 'sh'])
    const { channel } = agent
    const owned = { name: 'web', channel }
    await use({
      owned,
      run: async (line) => {
        const { stdout, stderr } = await collect(await channel.exec({ argv: [line], shell: true }))
        return Buffer.concat([stdout, stderr]).toString('utf8')
      },
      bring: async (shares, image = 'none') => {
        const { copies } = await planShares(shares, false)
        return CopiedShares.bring(owned, image, copies, signal)
      },
    })
  },
})

test('each share is bound to its place, with its access', async ({ guest: { bring, run }, share }) => {
  const copied = await bring({
    '/mnt/hidden': share,
    '/mnt/r w': { source: share, access: 'read-write' },
    '/mnt/over': { source: share, access: 'overlay' },
  })
  expect(copied.areToReturn).toBe(false)
  expect(await run('cd /mnt; ls hidden; cat hidden/file "r w/file" over/sub/other')).toBe(
    'file\nsub\nfile of beforefile of beforesub/other of before',
  )
  expect(await run('echo x > /mnt/hidden/new')).toContain('Read-only file system')
  expect(await run('cd /mnt; echo a > over/new; echo b > "r w/new"; cat over/new "r w/new"')).toBe('a\nb\n')
  expect((await readdir(share)).toSorted()).toEqual(['file', 'sub'])
})

test('modes, links and names are in the copy, which is of root', async ({ guest: { bring, run }, share }) => {
  const name = "a,b=c it's ünï\n😀\\n"
  await writeFile(join(share, name), '#!/bin/sh\necho it runs\n')
  await chmod(join(share, name), 0o755)
  await symlink('sub/other', join(share, 'link'))
  await symlink(share, `${share}-link`)
  await bring({ '/mnt/s': `${share}-link` })
  expect(await run('cd /mnt/s; ./a*; cat link; stat -c %u:%g sub')).toBe('it runs\nsub/other of before0:0\n')
})

test('what the guest changes comes back, as often as it is asked for', async ({ guest, share, signal }) => {
  const { bring, run } = guest
  const copied = await bring({ '/mnt/s': { source: share, access: 'read-write', copyBack: true } })
  expect(copied.areToReturn).toBe(true)
  await run('cd /mnt/s; echo new > file; rm -r sub; mkdir made; echo it > made/file')
  expect(await readFile(join(share, 'file'), 'utf8')).toBe('file of before')
  await copied.return(signal)
  expect((await readdir(share, { recursive: true })).toSorted()).toEqual(['file', 'made', 'made/file'])
  expect(await readFile(join(share, 'file'), 'utf8')).toBe('new\n')
  await writeFile(join(share, 'made', 'later'), 'of the host')
  await run('echo last > /mnt/s/file')
  await copied.return(signal)
  expect(await readFile(join(share, 'file'), 'utf8')).toBe('last\n')
  expect((await readdir(join(share, 'made'))).toSorted()).toEqual(['file', 'later'])
})

test('set-uid programs, owners, devices and links of the guest do not come back', async ({
  guest,
  share,
  signal,
}) => {
  const copied = await guest.bring({ '/mnt/s': { source: share, access: 'read-write', copyBack: true } })
  const said = await noticesDuring(async () => {
    await guest.run(
      'cd /mnt/s; cp /bin/true suid; chmod 4755 suid; touch owned; chown 1234:2345 owned; ln -s /etc/shadow link; mknod device c 1 3; mkfifo pipe',
    )
    await copied.return(signal)
  })
  expect((await readdir(share)).toSorted()).toEqual(['file', 'owned', 'sub', 'suid'])
  for (const name of ['suid', 'owned']) {
    const found = await lstat(join(share, name))
    expect([found.uid, found.mode & 0o7000], name).toEqual([process.getuid?.(), 0])
  }
  expect(said).toMatchObject([
    { message: expect.stringContaining('are not copied back'), hint: expect.any(String) },
  ])
  expect(said).toMatchObject([{ message: expect.stringContaining('"link"') }])
})

test('what both sides changed is told, and nothing is written', async ({ guest, share, signal }) => {
  const copied = await guest.bring({ '/mnt/s': { source: share, access: 'read-write', copyBack: true } })
  await guest.run('cd /mnt/s; echo guest > file; echo guest > other')
  await writeFile(join(share, 'file'), 'by the host')
  await expect(copied.return(signal)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_COPY',
    message: `Cannot copy the share "/mnt/s" of "web" back to "${share}": both sides have changed "file"`,
    hint: expect.stringContaining('Nothing was written'),
  })
  expect((await readdir(share)).toSorted()).toEqual(['file', 'sub'])
  expect(await readFile(join(share, 'file'), 'utf8')).toBe('by the host')
})

test('a copy that is not whole is not written back', async ({ guest, share, signal }) => {
  const copied = await guest.bring({ '/mnt/s': { source: share, access: 'read-write', copyBack: true } })
  await guest.run('rm /mnt/s/file; mount -t tmpfs none /var/lib')
  await expect(copied.return(signal)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_COPY',
    message: expect.stringMatching(/^Cannot copy the share "\/mnt\/s" of "web" back to .*: .*No such file/),
  })
  expect(await readFile(join(share, 'file'), 'utf8')).toBe('file of before')
})

test('that shares are copied is said once for an image, and none where there are none', async ({
  guest,
  share,
}) => {
  const said = await noticesDuring(async () => {
    await guest.bring({}, 'a:1')
    for (const target of ['/mnt/1', '/mnt/2']) await guest.bring({ [target]: share }, 'a:2')
  })
  expect(said).toEqual([
    {
      message:
        'Shares of "a:2" are copied into the machine, as its kernel has no 9p: later changes of this host are not seen there',
      hint: expect.stringContaining('copyBack'),
    },
  ])
})

test('a share that does not fit says so', async ({ guest, share }) => {
  await writeFile(join(share, 'large'), Buffer.alloc(80 << 20, 'x'))
  await expect(guest.bring({ '/mnt/s': share })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_COPY',
    message: 'Cannot copy the share "/mnt/s" into "web": it does not fit on the disk of the guest',
    hint: expect.stringContaining('diskGiB'),
  })
})

test('a source that changes while it is copied says so', async ({ guest, share }) => {
  const growing = join(share, 'growing')
  await writeFile(growing, Buffer.alloc(16 << 20, 'x'))
  const over = new AbortController()
  const growth = (async () => {
    while (!over.signal.aborted) await appendFile(growing, 'more')
  })()
  try {
    await expect(guest.bring({ '/mnt/s': share })).rejects.toMatchObject({
      code: 'ERR_FLEDGE_COPY',
      message: expect.stringContaining(`"${share}" changed while it was read`),
    })
  } finally {
    over.abort()
    await growth
  }
})

test('a guest without tar says so', async ({ guest, share }) => {
  await guest.run(
    'mkdir /mnt/bin; cp /usr/bin/env /mnt/bin; mount --bind /mnt/bin/env "$(command -v tar)"; chmod 0 /mnt/bin/env',
  )
  await expect(guest.bring({ '/mnt/s': share })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_COPY',
    message: 'Cannot copy the share "/mnt/s" into "web": the guest has no tar',
  })
})

async function noticesDuring(work: () => Promise<void>): Promise<readonly unknown[]> {
  const said: unknown[] = []
  const listen = (message: unknown): void => void said.push(message)
  subscribe('fledge:notice', listen)
  try {
    await work()
  } finally {
    unsubscribe('fledge:notice', listen)
  }
  return said
}

checkLeaks()
