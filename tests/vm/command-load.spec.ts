import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import { checkLeaks } from '../fixtures/leaks.ts'
import type { Machine } from '../../src/index.ts'
import { expect, test } from '../fixtures/machine.ts'
import { usedMemory } from '../fixtures/used-memory.ts'

const mib = 1 << 20
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const lines = (from: number): string => Array.from({ length: 500 }, (_, i) => `${from + i}\n`).join('')

test('fifty commands at once give each its own outputs and exit code', async ({ vm }) => {
  const numbers = Array.from({ length: 50 }, (_, index) => index)
  const results = await Promise.all(
    numbers.map((index) =>
      vm.execute(`seq ${index} ${index + 499} | tee /dev/stderr; sleep 0.2; exit ${index}`),
    ),
  )
  expect(results.map(({ exitCode }) => exitCode)).toEqual(numbers)
  expect(results.map(({ stdout }) => stdout)).toEqual(numbers.map(lines))
  expect(results.map(({ stderr }) => stderr)).toEqual(numbers.map(lines))
})

const large = 100_000_000

/** Fills a file of the guest's memory with random bytes, and gives their digest. */
async function makeData(vm: Machine): Promise<string> {
  const { stdout } = await vm.succeed(
    `head -c ${large} /dev/urandom > /dev/shm/data; sha256sum < /dev/shm/data`,
  )
  return stdout.slice(0, 64)
}

test('100 MB of output arrive as they were, and memory holds them once', async ({ vm }) => {
  const digest = await makeData(vm)
  const before = await usedMemory()
  const { bytes, stdout } = await vm.succeed('cat /dev/shm/data')
  // The text takes two bytes for each that is no character.
  expect((await usedMemory()) - before).toBeLessThan(large + 2 * large + 16 * mib)
  expect(sha256(bytes.stdout)).toBe(digest)
  expect(stdout.length).toBeLessThanOrEqual(large)
})

test('100 MB of output pass a slow reader as they were, and memory holds no more than a window', async ({
  vm,
}) => {
  const digest = await makeData(vm)
  const before = await usedMemory()
  const call = await vm.spawn('exec cat /dev/shm/data')
  call.stderr.resume()
  // What nobody reads stays in the guest, but for a window.
  await sleep(4_000)
  expect((await usedMemory()) - before).toBeLessThan(8 * mib)
  const hash = createHash('sha256')
  await pipeline(call.stdout, hash)
  expect((await usedMemory()) - before).toBeLessThan(8 * mib)
  expect(hash.digest('hex')).toBe(digest)
  expect(await call.exited).toMatchObject({ exitCode: 0 })
})

test('input larger than every buffer is taken whole, by a quick and by a slow reader', async ({ vm }) => {
  const data = randomBytes(64_000_000)
  const quick = await vm.succeed('sha256sum', { stdin: data })
  expect(quick.stdout.slice(0, 64)).toBe(sha256(data))
  const little = data.subarray(0, 4_000_000)
  const slowly =
    'for i in $(seq 20); do dd bs=200000 count=1 iflag=fullblock status=none; sleep 0.1; done | sha256sum'
  const slow = await vm.succeed(slowly, { stdin: little })
  expect(slow.stdout.slice(0, 64)).toBe(sha256(little))
})

test('input that nobody reads does not hold a command, and costs the host no copy', async ({ vm }) => {
  const data = Buffer.alloc(64_000_000)
  const before = await usedMemory()
  await vm.succeed('true', { stdin: data })
  await vm.succeed('exec <&-; sleep 0.5', { stdin: data })
  const waiting = vm.execute('exec sleep 1000', { stdin: data, timeoutMs: 3_000 })
  const outcome = expect(waiting).rejects.toMatchObject({ code: 'ERR_FLEDGE_TIMEOUT' })
  await sleep(1_000)
  expect((await usedMemory()) - before).toBeLessThan(8 * mib)
  await outcome
})

test('commands one after the other leave nothing on either side', async ({ vm }) => {
  const count = process.env['FLEDGE_TEST_ALL'] ? 1_000 : 300
  const some = async (number: number): Promise<void> => {
    for (let i = 0; i < number; i++) await vm.succeed(['true'])
  }
  await some(50)
  const before = { guest: await stateOfAgent(vm), host: await stateOfHost() }
  await some(count)
  const after = { guest: await stateOfAgent(vm), host: await stateOfHost() }
  expect(after.guest.memoryKiB).toBeLessThan(before.guest.memoryKiB + 64)
  expect(after.guest.descriptors).toBeLessThanOrEqual(before.guest.descriptors)
  expect(after.guest.cgroups).toBeLessThanOrEqual(before.guest.cgroups)
  expect(after.guest.processes).toBeLessThanOrEqual(before.guest.processes)
  expect(after.host.memory).toBeLessThan(before.host.memory + mib)
  expect(after.host.descriptors).toBeLessThanOrEqual(before.host.descriptors)
})

/** What the agent holds, once it had the time to tidy up. */
async function stateOfAgent(
  vm: Machine,
): Promise<Record<'memoryKiB' | 'descriptors' | 'cgroups' | 'processes', number>> {
  const { stdout } = await vm.succeed(`
    sleep 1
    pid=$(systemctl show --property=MainPID --value fledge-agent.service)
    cgroup=/sys/fs/cgroup$(sed -n s/^0:://p /proc/$pid/cgroup)
    awk '/^VmRSS/ { print $2 }' /proc/$pid/status
    ls /proc/$pid/fd | wc -l
    find $cgroup -type d | wc -l
    ps --no-headers --ppid $pid | wc -l`)
  const [memoryKiB = NaN, descriptors = NaN, cgroups = NaN, processes = NaN] = stdout.split('\n').map(Number)
  return { memoryKiB, descriptors, cgroups, processes }
}

async function stateOfHost(): Promise<Record<'memory' | 'descriptors', number>> {
  return { memory: await usedMemory(), descriptors: readdirSync('/proc/self/fd').length }
}

checkLeaks()
