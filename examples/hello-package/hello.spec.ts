import { join } from 'node:path'

import { expect, test } from 'fledge/test'

test.use({
  // All that the package needs is in the image and in the share.
  network: 'none',
  shares: { '/mnt/dist': join(import.meta.dirname, 'dist') },
})

test('the package installs, and its program greets', async ({ vm }) => {
  await vm.waitForUnit('multi-user.target')
  await vm.succeed('apt-get -yq install /mnt/dist/hello_*.deb')
  const { stdout } = await vm.succeed('hello')
  expect(stdout).toBe('Hello, world!\n')
})

test('the next machine knows nothing of it', async ({ vm }) => {
  await vm.fail('command -v hello')
})
