import { expect } from '@playwright/test'

import { launch } from '../../../src/index.ts'
import { growRootScript } from '../../../src/template/grow-root.ts'
import { checkLeaks } from '../../fixtures/leaks.ts'
import { netplan, promisesOf, sizesOf } from '../../fixtures/lookalike-promises.ts'

const test = promisesOf({
  title: 'Debian 12',
  suite: 'bookworm',
  rootFileSystem: 'ext4',
  network: netplan,
  card: /^en/,
  shares: 'mounted',
})

test('Debian 12: diskGiB makes its disk, its partition and its file system as large as wanted', async ({
  image,
}) => {
  test.setTimeout(0)
  await using vm = await launch(image, { diskGiB: '+2' })
  const { disk, partition, fileSystem } = await sizesOf(vm)
  expect(disk).toBe(10)
  expect(partition).toBeGreaterThan(9.5)
  expect(fileSystem).toBeGreaterThan(9)
})

test('Debian 12: its root grows where growpart fails, as it does under some policies of SELinux', async ({
  vm,
}) => {
  await vm.succeed(`printf '#!/bin/sh\\nexit 2\\n' > "$(command -v growpart)"`)
  await vm.qmp('block_resize', { 'node-name': 'disk', size: 9 * 2 ** 30 })
  await vm.waitUntilSucceeds(`[ "$(cat /sys/class/block/vda/size)" = ${9 * 2 ** 21} ]`)
  expect((await vm.succeed(growRootScript)).stdout).toBe('')
  const { partition, fileSystem } = await sizesOf(vm)
  expect(partition).toBeGreaterThan(8.5)
  expect(fileSystem).toBeGreaterThan(8)
})

checkLeaks()
