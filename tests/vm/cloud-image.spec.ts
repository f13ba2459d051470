import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

import { expect, test as base } from '@playwright/test'

import { cacheFolder, launch, type Machine } from '../../src/index.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { lookalike } from '../fixtures/lookalike.ts'
import { whyNoLoopDevices } from '../fixtures/mount.ts'

const whyNot = whyNoLoopDevices()
base.skip(whyNot !== undefined, whyNot)

/** A machine of a Debian 12 that is shaped like an official image; prepared and frozen once. */
const test = base.extend<{ vm: Machine }, { image: string }>({
  image: [
    async ({}, use) => {
      const image = await lookalike('bookworm')
      const before = await digestOf(image)
      await use(image)
      expect(await digestOf(image), 'the image is as it was').toBe(before)
    },
    { scope: 'worker', timeout: 0 },
  ],
  vm: async ({ image }, use) => {
    await using vm = await launch(image)
    await use(vm)
  },
})

test('an image shaped like an official one is up, with no unit failed and cloud-init switched off', async ({
  vm,
}) => {
  expect((await vm.succeed('systemctl is-system-running')).stdout.trim()).toBe('running')
  expect((await vm.execute('cloud-init status')).stdout).toContain('status: disabled')
  expect((await vm.succeed('cat /etc/os-release')).stdout).toContain('VERSION_CODENAME=bookworm')
})

test('its disk, its partition and its file system have grown', async ({ vm }) => {
  const { stdout } = await vm.succeed(
    'cat /sys/class/block/vda/size; cat /sys/class/block/vda2/size; df --block-size=512 --output=size / | tail -1',
  )
  const [disk = 0, partition = 0, fileSystem = 0] = stdout
    .trim()
    .split('\n')
    .map((sectors) => Number(sectors) / 2 ** 21)
  expect(disk).toBe(8)
  expect(partition).toBeGreaterThan(7.5)
  expect(fileSystem).toBeGreaterThan(7)
})

test('its user, shell and sudo are as in the stock image, and root stays locked', async ({ vm }) => {
  const { stdout } = await vm.succeed('sudo -n id -u; echo "$SHELL"', { user: 'debian' })
  expect(stdout).toBe('0\n/bin/bash\n')
  expect((await vm.succeed('passwd --status root')).stdout).toMatch(/^root L /)
})

test('it has the network of a machine, and a name and host keys of its own', async ({ vm }) => {
  const { stdout } = await vm.succeed('ip -4 -o addr show scope global; ip route; resolvectl dns')
  expect(stdout).toMatch(/10\.0\.2\.15\/24/)
  expect(stdout).toMatch(/default via 10\.0\.2\.2/)
  expect(stdout).toMatch(/10\.0\.2\.3/)
  expect((await vm.succeed('hostname')).stdout.trim()).toBe(vm.name)
  await vm.succeed('systemctl restart ssh')
  await vm.waitForOpenPort(22)
  expect((await vm.succeed('ls /etc/ssh/ssh_host_*_key')).stdout).toContain('ssh_host_ed25519_key')
})

test('shares work', async ({ image }) => {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-test-'))
  try {
    await writeFile(join(folder, 'hello'), 'from the host\n')
    await using vm = await launch(image, { shares: { '/mnt/it': folder } })
    expect((await vm.succeed('cat /mnt/it/hello')).stdout).toBe('from the host\n')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a disk without cloud-init fails, and says how far it came', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-test-'))
  const before = process.env['FLEDGE_TIME_FACTOR']
  process.env['FLEDGE_TIME_FACTOR'] = '0.01'
  try {
    const disk = join(folder, 'empty.raw')
    await writeFile(disk, Buffer.alloc(2 ** 20, 'nothing that boots '))
    await expect(launch(disk)).rejects.toMatchObject({
      code: 'ERR_FLEDGE_BAKE',
      hint: expect.stringContaining('NoCloud'),
      message: expect.stringMatching(
        /^Cannot boot ".*empty\.raw": cloud-init did not install the agent within \d+ s$/,
      ),
    })
    expect(
      (await readdir(join(cacheFolder(), 'prepared'))).filter(
        (name) => name.includes('empty.raw-') && !name.endsWith('.lock'),
      ),
    ).toEqual([])
  } finally {
    if (before === undefined) delete process.env['FLEDGE_TIME_FACTOR']
    else process.env['FLEDGE_TIME_FACTOR'] = before
    await rm(folder, { recursive: true })
  }
})

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

checkLeaks()
