import { readFile } from 'node:fs/promises'

import { checkLeaks } from '../fixtures/leaks.ts'
import { launch } from '../../src/index.ts'
import { expect, image, test } from '../fixtures/machine.ts'

function distinct(values: unknown[]): number {
  return new Set(values).size
}

test('clones of one template are distinct, and now', async () => {
  const machines = await Promise.all([launch(image), launch(image), launch(image)])
  try {
    const facts = await Promise.all(
      machines.map(async (vm) => {
        const before = Date.now()
        const { stdout } = await vm.succeed(
          'date +%s%3N; hostname; getent hosts "$(hostname)" | cut -d" " -f1; cat /sys/class/net/*/address | grep -v 00:00:00:00:00:00; head -c 16 /dev/urandom | od -An -tx1; cat /etc/machine-id',
        )
        const [time = '', hostname, address, ...rest] = stdout.trim().split('\n')
        return {
          vm,
          before,
          after: Date.now(),
          time: Number(time),
          hostname,
          address,
          random: rest.at(-2),
          machineId: rest.at(-1),
          macs: rest,
        }
      }),
    )
    for (const { vm, before, after, time, hostname, address, macs } of facts) {
      expect(time).toBeGreaterThan(before - 1_000)
      expect(time).toBeLessThan(after + 1_000)
      expect(hostname).toBe(vm.name)
      expect(address).toMatch(/^(127\.0\.1\.1|::1|fe80|10\.0\.2\.15)/)
      expect(macs).toContain(vm.mac)
    }
    expect(distinct(facts.map(({ hostname }) => hostname))).toBe(3)
    expect(distinct(facts.map(({ random }) => random))).toBe(3)
    expect(distinct(facts.map(({ vm }) => vm.mac))).toBe(3)
    expect(distinct(facts.map(({ vm }) => vm.identity))).toBe(3)
    // Kept: a new one would hide the journal.
    expect(distinct(facts.map(({ machineId }) => machineId))).toBe(1)
  } finally {
    await Promise.all(machines.map((vm) => vm.stop()))
  }
})

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
