import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import { launch } from '../../../src/index.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { lookalike } from '../../fixtures/lookalike.ts'
import { whyNoLoopDevices } from '../../fixtures/mount.ts'

const whyNot =
  process.env['FLEDGE_TEST_ALL'] === '1' ? whyNoLoopDevices() : 'it builds a disk; "make test-all" does'
test.skip(whyNot !== undefined, whyNot)

test("shares of Debian's cloud kernel, which has no 9p, are copied", async () => {
  test.setTimeout(0)
  const image = await lookalike('bookworm', { KERNEL: 'cloud' })
  const folder = await mkdtemp(join(tmpdir(), 'fledge-test-'))
  try {
    await writeFile(join(folder, 'file'), 'of the host')
    await using vm = await launch(image, {
      shares: {
        '/mnt/ro': folder,
        '/mnt/rw': { source: folder, access: 'read-write', copyBack: true },
        '/mnt/overlay': { source: folder, access: 'overlay' },
      },
    })
    expect((await vm.succeed('uname -r')).stdout).toContain('cloud')
    await vm.fail('modprobe 9p')
    expect((await vm.succeed('cat /mnt/*/file')).stdout).toBe('of the host'.repeat(3))
    await vm.fail('echo x > /mnt/ro/file')
    await vm.succeed('echo x > /mnt/overlay/file; echo back > /mnt/rw/new')
    await vm.stop()
    expect((await readdir(folder)).toSorted()).toEqual(['file', 'new'])
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('of the host')
  } finally {
    await rm(folder, { recursive: true })
  }
})

checkLeaks()
