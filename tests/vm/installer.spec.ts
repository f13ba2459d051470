import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ensureImage, launch, resolveImage } from '../../src/index.ts'
import { cpio } from '../fixtures/cpio.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { lookalike } from '../fixtures/lookalike.ts'
import { expect, image, test } from '../fixtures/machine.ts'
import { whyNoLoopDevices } from '../fixtures/mount.ts'

const whyNot = process.env['FLEDGE_TEST_ALL']
  ? whyNoLoopDevices()
  : 'only in "make test-all": it boots a live system, and prepares what that installs'
test.skip(whyNot !== undefined, whyNot)

/** Starts the system on the second disk. */
const init = `#!/bin/sh
PATH=/bin
mount -n -t devtmpfs dev /dev
mount -n -t proc proc /proc
modprobe -a virtio_pci virtio_blk ext4 crc32c_generic
until [ -b /dev/vdb ]; do sleep 0.1; done
mount -n -t ext4 -o rw /dev/vdb /root
exec switch_root /root /sbin/init
`
/** What systemd runs before it powers off: https://www.freedesktop.org/software/systemd/man/latest/systemd-run-generator.html. */
const install =
  'dd if=/dev/disk/by-id/virtio-source of=/dev/vda bs=1M conv=sparse,fsync && echo it is installed > /dev/console'
/** The disk has its name only when udev has come to it. */
const command = `/bin/sh -c 'udevadm settle && ${install}'`

// Of some fifty emulated boots of this kernel one hangs; see src/template/boot-again.ts.
test.describe.configure({ retries: 1 })

test('a live system installs a disk, and a machine is made of that disk', async () => {
  test.setTimeout(0)
  const folder = await mkdtemp(join(tmpdir(), 'fledge-test-'))
  try {
    const source = await lookalike('bookworm')
    const live = await ensureImage(resolveImage(image))
    const [initrd, installed] = [join(folder, 'initrd'), join(folder, 'installed.qcow2')]
    const override = cpio([{ name: 'init', content: init, mode: 0o755 }])
    await writeFile(initrd, Buffer.concat([await readFile(live.initrd), override]))
    {
      const line = `console=ttyS0 rw systemd.run="${command}" systemd.run_success_action=poweroff`
      await using vm = await launch('blank', {
        ...{ cold: true, channel: 'none', diskGiB: 4 },
        disks: { live: live.disk, source },
        boot: { kernel: live.kernel, initrd, commandLine: line },
      })
      await vm.waitForShutdown({ timeoutMs: 60_000 * vm.timeFactor })
      expect(vm.getConsoleLog()).toContain('\nit is installed')
      await vm.saveDisk(installed)
    }
    await using vm = await launch(installed)
    expect((await vm.succeed('cat /etc/os-release')).stdout).toContain('VERSION_CODENAME=bookworm')
    expect((await vm.succeed('systemctl is-system-running')).stdout.trim()).toBe('running')
  } finally {
    await rm(folder, { recursive: true })
  }
})

checkLeaks()
