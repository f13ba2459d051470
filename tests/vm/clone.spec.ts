import { readFile } from 'node:fs/promises'

import { checkLeaks } from '../fixtures/leaks.ts'
import { launch } from '../../src/index.ts'
import { expect, image, test } from '../fixtures/machine.ts'

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
  const sockets = await readFile('/proc/net/unix', 'utf8')
  expect(sockets.split('\n').filter((line) => /fledge|qemu|qmp/i.test(line))).toEqual([])
})

checkLeaks()
