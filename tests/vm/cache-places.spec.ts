import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { launch, listCache, prepare, type NoticeMessage } from '../../src/index.ts'
import { normalizeLaunchOptions } from '../../src/machine/launch-options.ts'
import { templateSpec } from '../../src/machine/template-for.ts'
import { qemuCapabilities } from '../../src/qemu/capabilities.ts'
import { expect, image, test } from '../fixtures/machine.ts'
import { mount, mountWithoutSparseFiles, whyNoMounts } from '../fixtures/mount.ts'
import { ownCache } from '../fixtures/own-cache.ts'
import { messagesOf } from '../unit/messages-of.ts'
import { checkLeaks } from '../fixtures/leaks.ts'

const unable = whyNoMounts()

async function noticesOf(work: () => Promise<unknown>): Promise<string[]> {
  const said = await messagesOf<NoticeMessage>('fledge:notice', work)
  return said.map(({ message }) => message)
}

test.describe('a cache that cannot be written', () => {
  test.skip(unable !== undefined, unable ?? '')

  test('serves clones that write, and says once where to', async () => {
    await using cache = await ownCache('template')
    // The times of the copy are noted while they can be.
    await prepare(image)
    using _ = mount(cache.folder, '-o', 'bind,ro', cache.folder)
    const said = await noticesOf(async () => {
      await using first = await launch(image)
      await using second = await launch(image)
      for (const vm of [first, second]) {
        await vm.succeed('dd if=/dev/urandom of=/root/file bs=1M count=8 conv=fsync && test -s /root/file')
        await vm.succeed('dd if=/dev/urandom of=/dev/shm/file bs=1M count=8')
      }
    })
    const { readonlyMemory } = await qemuCapabilities()
    expect(said).toEqual([
      `The cache "${cache.folder}" cannot be written; what machines write goes to "${tmpdir()}"`,
      ...(readonlyMemory ? [] : [expect.stringContaining('cannot use a memory file that is read-only')]),
    ])
  })

  test('says what to do when the template has to be made', async () => {
    for (const content of ['image', 'prepared'] as const) {
      await using cache = await ownCache(content)
      using _ = mount(cache.folder, '-o', 'bind,ro', cache.folder)
      await expect(prepare(image)).rejects.toMatchObject({
        code: 'ERR_FLEDGE_CACHE',
        message: expect.stringMatching(`the cache "${cache.folder}" cannot be written$`),
        hint: expect.stringContaining('FLEDGE_CACHE'),
      })
    }
  })

  test('says what to do when there is nothing in it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fledge-empty-'))
    const before = process.env['FLEDGE_CACHE']
    process.env['FLEDGE_CACHE'] = join(folder, 'cache')
    try {
      using _ = mount(folder, '-o', 'bind,ro', folder)
      await expect(launch(image)).rejects.toMatchObject({
        code: 'ERR_FLEDGE_CACHE',
        message: expect.stringMatching(/^Cannot build .* cannot be written$/),
        hint: expect.stringContaining('FLEDGE_CACHE'),
      })
    } finally {
      if (before === undefined) delete process.env['FLEDGE_CACHE']
      else process.env['FLEDGE_CACHE'] = before
      await rm(folder, { recursive: true })
    }
  })
})

test('a cache on a file system without sparse files is refused at once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-fat-'))
  const before = process.env['FLEDGE_CACHE']
  const cache = join(folder, 'cache')
  try {
    using _ = mountWithoutSparseFiles(cache)
    process.env['FLEDGE_CACHE'] = cache
    await expect(launch(image)).rejects.toMatchObject({
      code: 'ERR_FLEDGE_CACHE',
      message: expect.stringMatching(new RegExp(`"${cache}/.*": its file system has no sparse files`)),
      hint: expect.stringContaining('ext4'),
    })
    expect((await readdir(join(cache, 'images'))).filter((name) => !name.endsWith('.lock'))).toEqual([])
  } catch (error) {
    test.skip(isOfMount(error), `There is neither vfat nor exfat-fuse here: ${String(error)}`)
    throw error
  } finally {
    if (before === undefined) delete process.env['FLEDGE_CACHE']
    else process.env['FLEDGE_CACHE'] = before
    await rm(folder, { recursive: true })
  }
})

/** Whether this says that a program to mount by failed, or is not there. */
function isOfMount(error: unknown): boolean {
  return error instanceof Error && ('spawnargs' in error || error.message.startsWith('Command failed'))
}

test('a cache works in memory, where nobody tells where a file has holes', async () => {
  test.skip(unable !== undefined, unable ?? '')
  const folder = await mkdtemp(join(tmpdir(), 'fledge-tmpfs-'))
  try {
    using _ = mount(folder, '-t', 'tmpfs', '-o', 'size=2g', 'fledge-test')
    await using cache = await ownCache('template', { parent: folder })
    await using vm = await launch(image)
    await vm.succeed('echo kept > /root/file && sync && cat /root/file')
    const sizes = (await listCache()).map(({ bytes }) => bytes)
    expect(cache.folder).toContain(folder)
    // What is read of the holes of a file in memory stays there, if it is mapped.
    expect(Math.max(...sizes)).toBeLessThan(2 ** 30)
  } finally {
    await rm(folder, { recursive: true })
  }
})

/** A long name with all that command lines, JSON and the tables of the kernel have other words for. */
const oddName = `a b,c,,d=e;'f'"g"\\h%20\n$HOME ü-日本 ${'x'.repeat(180)}`

test('an image is prepared in a cache of any name', async () => {
  await using cache = await ownCache('image', { name: oddName })
  const spec = await templateSpec(image, normalizeLaunchOptions({}))
  expect(spec.image.folder).toBe(cache.prepared)
})

test('machines run, and have shares, in a cache of any name', async () => {
  test.setTimeout(0)
  const all = Boolean(process.env['FLEDGE_TEST_ALL'])
  await using cache = await ownCache(all ? 'prepared' : 'template', { name: oddName })
  const source = join(cache.folder, 'shared, too')
  await mkdir(source)
  await writeFile(join(source, 'file'), 'of the host')
  await using vm = await launch(image, { shares: { '/mnt/share': { source, access: 'read-write' } } })
  await vm.succeed('cp /mnt/share/file /mnt/share/copy')
  expect(await readFile(join(source, 'copy'), 'utf8')).toBe('of the host')
  const template = (await listCache()).find(({ folder }) => folder === cache.template)
  expect(template?.machines).toHaveLength(1)
})

checkLeaks()
