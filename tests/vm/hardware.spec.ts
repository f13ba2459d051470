import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { ensureImage, launch, resolveImage } from '../../src/index.ts'
import { cpio } from '../fixtures/cpio.ts'
import { checkLeaks, ownChildren } from '../fixtures/leaks.ts'
import { expect, image, test as base } from '../fixtures/machine.ts'

const run = promisify(execFile)

const test = base.extend<{ folder: string }>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'fledge-test-'))
    await use(folder)
    await rm(folder, { recursive: true })
  },
})

// Of some fifty emulated boots of this kernel one hangs; see src/template/boot-again.ts.
test.describe.configure({ retries: 1 })

test('clones have their own disks, of which a file of the host is only read, and a CD', async ({
  folder,
}) => {
  const [old, iso] = [join(folder, 'old.raw'), join(folder, 'a,cd.iso')]
  await writeFile(old, Buffer.alloc(2 ** 20, 'from the host '))
  await writeFile(iso, Buffer.alloc(2 ** 20, 'on the CD '))
  const before = createHash('sha256')
    .update(await readFile(old))
    .digest('hex')
  const options = { disks: { data: { sizeGiB: 3 }, old }, cdrom: iso }
  const byName = '/dev/disk/by-id/virtio'
  for (const turn of ['first', 'second']) {
    await using vm = await launch(image, options)
    const { stdout } = await vm.succeed(
      `blockdev --getsize64 ${byName}-data; head -c 13 ${byName}-old; echo; head -c 9 /dev/sr0; echo; head -c 4 ${byName}-data | od -An -tx1`,
    )
    expect(stdout, turn).toBe(`${3 * 2 ** 30}\nfrom the host\non the CD\n 00 00 00 00\n`)
    await vm.succeed(
      `mkfs.ext4 -q ${byName}-data && mount ${byName}-data /mnt && echo kept > /mnt/file && umount /mnt`,
    )
    await vm.succeed(
      `echo overwritten | dd of=${byName}-old conv=notrunc oflag=direct,sync bs=512 iflag=fullblock count=1 conv=sync`,
    )
    await vm.succeed(`mount ${byName}-data /mnt && grep kept /mnt/file`)
  }
  expect(
    createHash('sha256')
      .update(await readFile(old))
      .digest('hex'),
  ).toBe(before)
})

test("a cold machine starts an own kernel, initrd and command line, behind the image's own arguments", async ({
  folder,
}) => {
  const { kernel, initrd } = await ensureImage(resolveImage(image))
  const mark = { name: 'etc-of-a-test', content: 'x', mode: 0o644 }
  const own = join(folder, 'initrd')
  await writeFile(own, Buffer.concat([await readFile(initrd), cpio([mark])]))
  const boot = { kernel, initrd: own, commandLine: 'fledge.test="a b"' }
  await using vm = await launch(image, { cold: true, boot })
  const { stdout } = await vm.succeed('cat /proc/cmdline')
  expect(stdout).toContain('root=/dev/vda')
  expect(stdout.trimEnd()).toMatch(/ fledge\.test="a b"$/)
})

test('a cold machine has a TPM of its own, which ends with it', async () => {
  const before = await ownChildren(process.pid, /^swtpm/)
  {
    await using vm = await launch(image, { cold: true, tpm: true })
    expect((await vm.succeed('cat /sys/class/tpm/tpm0/tpm_version_major')).stdout).toBe('2\n')
    expect(await ownChildren(process.pid, /^swtpm/)).toHaveLength(before.length + 1)
    // Its registers are zeros until something is measured into them.
    expect((await vm.succeed('cat /sys/class/tpm/tpm0/pcr-sha256/16')).stdout).toBe(`${'0'.repeat(64)}\n`)
  }
  await expect.poll(() => ownChildren(process.pid, /^swtpm/)).toEqual(before)
})

/** Installs what is one sentence on the disk. */
const installer = `#!/bin/sh
PATH=/bin
mount -n -t devtmpfs dev /dev
mount -n -t proc proc /proc
modprobe -a virtio_pci virtio_blk
until [ -b /dev/vda ]; do sleep 0.1; done
exec > /dev/console 2>&1
echo 'the installer runs'
sleep 5
printf 'installed by a test' > /dev/vda
echo s > /proc/sysrq-trigger
sleep 2
echo o > /proc/sysrq-trigger
sleep 1000
`

test('a blank machine runs an installer to its power-off, and its disk is kept', async ({ folder }) => {
  const { kernel, initrd } = await ensureImage(resolveImage(image))
  const own = join(folder, 'initrd')
  const init = { name: 'init', content: installer, mode: 0o755 }
  await writeFile(own, Buffer.concat([await readFile(initrd), cpio([init])]))
  const target = join(folder, 'installed.qcow2')
  await using vm = await launch('blank', {
    ...{ cold: true, channel: 'none', diskGiB: 2, name: 'empty' },
    boot: { kernel, initrd: own, commandLine: 'console=ttyS0' },
  })
  await expect(vm.execute('true')).rejects.toMatchObject({ code: 'ERR_FLEDGE_NO_CHANNEL', machine: 'empty' })
  await expect(vm.waitForOpenPort(22)).rejects.toMatchObject({ code: 'ERR_FLEDGE_NO_CHANNEL' })
  await expect(vm.saveDisk(target)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_DISK_SAVE',
    message: 'Cannot save the disk of "empty": it still runs',
  })
  expect((await vm.screenshot()).subarray(1, 4).toString()).toBe('PNG')
  expect(await vm.sendMonitorCommand('info status')).toContain('running')
  await vm.waitForShutdown()
  await vm.waitForShutdown()
  expect(vm.getConsoleLog()).toContain('the installer runs')
  await vm.saveDisk(target)
  const info = JSON.parse((await run('qemu-img', ['info', '--output=json', target])).stdout) as object
  expect(info).toMatchObject({ format: 'qcow2', 'virtual-size': 2 ** 31 })
  expect(info).not.toHaveProperty('backing-filename')
  expect((info as { 'actual-size': number })['actual-size']).toBeLessThan(2 ** 20)
  await run('qemu-img', ['convert', '-O', 'raw', target, join(folder, 'raw')])
  await using raw = await open(join(folder, 'raw'))
  const { buffer } = await raw.read(Buffer.alloc(19), 0, 19, 0)
  expect(buffer.toString()).toBe('installed by a test')
})

test('the disk of a clone is saved with all that it rests on, until the clone is stopped', async ({
  folder,
}) => {
  const target = join(folder, 'saved.qcow2')
  const clone = await launch(image)
  try {
    await clone.succeed('echo kept > /root/kept')
    await clone.shutdown()
    await clone.saveDisk(target)
  } finally {
    await clone.stop()
  }
  await expect(clone.saveDisk(target)).rejects.toMatchObject({
    code: 'ERR_FLEDGE_DISK_SAVE',
    message: expect.stringMatching(/: it was stopped$/),
  })
  await using vm = await launch(image, { disks: { saved: target }, cold: true })
  // What brings in the disks may still be starting.
  await vm.waitForFile('/dev/disk/by-id/virtio-saved')
  await vm.succeed('mount -o ro /dev/disk/by-id/virtio-saved /mnt && grep kept /mnt/root/kept')
})

checkLeaks()
