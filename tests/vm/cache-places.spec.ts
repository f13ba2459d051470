import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { launch, prepare, type NoticeMessage } from '../../src/index.ts'
import { qemuCapabilities } from '../../src/qemu/capabilities.ts'
import { expect, image, test } from '../fixtures/machine.ts'
import { mount, whyNoMounts } from '../fixtures/mount.ts'
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
    expect(said).toEqual(
      [
        ...(readonlyMemory ? [] : [expect.stringContaining('cannot use a memory file that is read-only')]),
        expect.stringContaining(
          `"${cache.folder}" cannot be written; what machines write goes to "${tmpdir()}"`,
        ),
      ].toSorted(),
    )
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

checkLeaks()
