import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { launch, prepare } from '../../src/index.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { expect, image, test } from '../fixtures/machine.ts'

const run = promisify(execFile)

// Of some fifty emulated boots of this kernel one hangs; see src/template/boot-again.ts.
test.describe.configure({ retries: 1 })

test('a cold machine boots, is distinct, has its shares, and comes back from a reboot', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-test-'))
  try {
    await writeFile(join(folder, 'hello'), 'from the host\n')
    await using vm = await launch(image, { name: 'cold-one', cold: true, shares: { '/tmp/it': folder } })
    // What is on /tmp is seen there although systemd mounts a file system on /tmp.
    expect((await vm.succeed('cat /tmp/it/hello')).stdout).toBe('from the host\n')
    expect((await vm.succeed('hostname; cat /etc/hostname')).stdout).toBe('cold-one\ncold-one\n')
    expect((await vm.succeed('cat /sys/class/net/*/address')).stdout).toContain(`${vm.mac}\n`)
    expect(Math.abs(Number((await vm.succeed('date +%s')).stdout) - Date.now() / 1000)).toBeLessThan(60)
    await vm.waitForUnit('multi-user.target')
    // It was not frozen: what QEMU hands over at a clone's start is told by the kernel.
    expect((await vm.succeed('dmesg')).stdout).not.toContain('virtual machine fork')
    const { stdout: before } = await vm.succeed('cat /proc/sys/kernel/random/boot_id')
    await vm.succeed('echo kept > /root/kept')
    await vm.execute('systemctl reboot').catch(() => {})
    await expect(async () => {
      const { stdout: after } = await vm.succeed('cat /proc/sys/kernel/random/boot_id', { timeoutMs: 5_000 })
      expect(after).not.toBe(before)
    }).toPass({ timeout: 400_000 })
    expect((await vm.succeed('cat /root/kept; hostname')).stdout).toBe('kept\ncold-one\n')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('cold machines share nothing, and their disks are as large as asked', async () => {
  test.skip(!process.env['FLEDGE_TEST_ALL'], 'it boots two machines; "make test-all" does')
  const options = { cold: true, diskGiB: 10 } as const
  {
    await using first = await launch(image, options)
    await first.succeed('echo mine > /root/mark; sync')
    const { stdout } = await first.succeed('df --block-size=1 --output=size / | tail -1')
    expect(Number(stdout)).toBeGreaterThan(9 * 2 ** 30)
  }
  await using second = await launch(image, options)
  await second.fail('test -e /root/mark')
})

test('a kept disk is there at the next launch, and one machine has it at a time', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-test-'))
  const options = { cold: true, keepState: join(folder, 'state.qcow2') } as const
  try {
    {
      await using first = await launch(image, options)
      await expect(launch(image, options)).rejects.toMatchObject({
        code: 'ERR_FLEDGE_KEPT_STATE',
        message: `Cannot keep the state of a machine in "${options.keepState}": another machine has it`,
      })
      await first.succeed('echo mine > /root/mark')
      await first.shutdown()
    }
    // It rests on nothing in the cache.
    const { stdout } = await run('qemu-img', ['info', options.keepState])
    expect(stdout).toContain('file format: qcow2')
    expect(stdout).not.toContain('backing file')
    await using second = await launch(image, { ...options, diskGiB: '+2' })
    expect((await second.succeed('cat /root/mark')).stdout).toBe('mine\n')
    const size = await second.succeed('df --block-size=1 --output=size / | tail -1')
    expect(Number(size.stdout)).toBeGreaterThan(9 * 2 ** 30)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a cold machine that does not come up in time fails as such, with its console', async () => {
  const failure = launch(image, { name: 'late', cold: true, timeoutMs: 9_000 })
  await expect(failure).rejects.toMatchObject({
    code: 'ERR_FLEDGE_BOOT',
    machine: 'late',
    message: 'Cannot boot "late": it did not boot within 9 s',
    consoleTail: expect.stringMatching(/^\[ +\d+\.\d+\] /),
  })
})

test('prepare() of a cold machine makes no template', async () => {
  const prepared = await prepare(image, { cold: true, memoryMiB: 333 })
  expect(prepared).toMatchObject({ image, timeFactor: expect.any(Number) })
  expect(prepared).not.toHaveProperty('bootMs')
})

checkLeaks()
