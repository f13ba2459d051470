import { readdir, readFile, readlink } from 'node:fs/promises'

import { checkLeaks } from '../fixtures/leaks.ts'
import { launch } from '../../src/index.ts'
import { expect, image, test } from '../fixtures/machine.ts'
import { qemuOf } from '../fixtures/qemu-of.ts'

test('a clone is fresh: it sees nothing of what another did', async () => {
  {
    await using vm = await launch(image)
    await vm.succeed('echo mine > /root/mark; echo mine > /dev/shm/mark')
  }
  await using vm = await launch(image)
  await vm.fail('test -e /root/mark')
  await vm.fail('test -e /dev/shm/mark')
})

test('a clone keeps the time that the frozen machine ran, and its journal', async ({ vm }) => {
  const { stdout } = await vm.succeed('journalctl -b --no-pager -o cat | grep -c "Reached target"')
  expect(Number(stdout)).toBeGreaterThan(3)
  expect((await vm.succeed('systemctl is-system-running')).stdout.trim()).toBe('running')
})

test('a clone has no work left over from the boot: udev had ended its workers before the freeze', async ({
  vm,
}) => {
  // At once: workers that are left over end in the first second.
  const { stdout: stats } = await vm.succeed('cat /proc/[0-9]*/stat')
  const processes = [...stats.matchAll(/^(\d+) \((.*)\) \S (\d+) (?:\S+ ){17}(\d+) /gm)]
  const [, udev] = processes.find(([, , name, parent]) => name === 'systemd-udevd' && parent === '1') ?? []
  const workers = processes.filter(([, , , parent]) => parent === udev)
  const { stdout: log } = await vm.succeed('dmesg')
  const [, clonedAt] = /^\[ *([\d.]+)\] .*due to virtual machine fork/m.exec(log) ?? []
  expect(udev).toBeDefined()
  // The clone's new generation is an event of its own, for which udev may have a worker.
  for (const [, , , , ticks] of workers) expect(Number(ticks) / 100).toBeGreaterThanOrEqual(Number(clonedAt))
})

test('the screen of a clone shows what the frozen one showed', async ({ vm }) => {
  const png = await vm.screenshot()
  expect(png.subarray(1, 4).toString()).toBe('PNG')
  // A black screen of this size packs to less than 3,100 bytes.
  expect(png.length).toBeGreaterThan(3_300)
})

test('names, memory and CPUs are as asked', async () => {
  await using vm = await launch(image, { name: 'chosen-name' })
  expect(vm.name).toBe('chosen-name')
  const { stdout } = await vm.succeed('hostname; nproc; awk "/MemTotal/ { print \\$2 }" /proc/meminfo')
  const [hostname, cpus, memoryKiB] = stdout.trim().split('\n')
  expect(hostname).toBe('chosen-name')
  expect(cpus).toBe('2')
  expect(Number(memoryKiB)).toBeGreaterThan(900_000)
})

test('a machine under test does not run as anything but our child, without a socket file', async ({ vm }) => {
  await vm.succeed('true')
  const folder = `/proc/${await qemuOf(process.pid)}/fd`
  const names = await readdir(folder)
  const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`)))
  const inodes = links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [])
  expect(inodes.length).toBeGreaterThanOrEqual(3)
  const sockets = (await readFile('/proc/net/unix', 'utf8'))
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  const ours = sockets.filter(([, , , , , , inode]) => inodes.includes(inode ?? ''))
  expect(ours.length).toBeGreaterThanOrEqual(3)
  expect(ours.map((fields) => fields[7] ?? '')).toEqual(ours.map(() => ''))
})

checkLeaks()
