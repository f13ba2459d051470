import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { FledgeError, type CommandResult, type Machine } from '../../src/index.ts'
import { expect, test } from '../fixtures/machine.ts'
import { checkLeaks } from '../fixtures/leaks.ts'

/** An emulated serial port takes a minute for 8 MiB. */
const floodMiB = process.env['FLEDGE_TEST_ALL'] ? 8 : 2

/** What a call that a fault of the guest meets ends with: an error, or the end of its command. */
async function endOf(call: Promise<CommandResult | void>): Promise<string> {
  return call.then(
    (result) => (result ? (result.signal ?? `exit code ${result.exitCode}`) : 'done'),
    (error: unknown) => (error instanceof FledgeError ? error.code : String(error)),
  )
}

/** A few commands one after the other. */
async function answersTo(vm: Machine): Promise<'answers'> {
  for (let turn = 0; turn < 3; turn++) await vm.succeed('true', { timeoutMs: 60_000 })
  return 'answers'
}

async function agentOf(vm: Machine): Promise<number> {
  const { stdout } = await vm.succeed('systemctl show --property=MainPID --value fledge-agent.service')
  return Number(stdout)
}

test('a kernel panic ends every wait, with the end of the console', async ({ vm }) => {
  const waits = [
    vm.waitForFile('/never'),
    vm.waitForUnit('never.service'),
    vm.waitForOpenPort(9),
    vm.waitUntilSucceeds('false'),
  ].map((wait) => wait.catch((error: unknown) => error))
  await vm.succeed('sleep 0.3')
  await vm.execute('echo c > /proc/sysrq-trigger; sleep 1000').catch(() => {})
  for (const error of await Promise.all(waits)) {
    expect(error).toMatchObject({
      code: 'ERR_FLEDGE_GUEST_PANIC',
      consoleTail: expect.stringContaining('Kernel panic'),
    })
  }
})

test('a command that takes all memory is killed, and the agent lives on', async ({ vm }) => {
  const agent = await agentOf(vm)
  await vm.succeed('echo 1 > /proc/sys/vm/overcommit_memory')
  const result = await vm.execute(['tail', '/dev/zero'], { timeoutMs: 240_000 })
  expect(result.signal).toBe('SIGKILL')
  expect(result.timedOut).toBe(false)
  await vm.succeed('dmesg | grep -q "Out of memory: Killed process .*tail"')
  expect(await agentOf(vm)).toBe(agent)
  expect((await vm.succeed(`cat /proc/${agent}/oom_score_adj /proc/self/oom_score_adj`)).stdout).toBe(
    '-1000\n0\n',
  )
})

test('a full root disk leaves commands, and a copy says so', async ({ vm }) => {
  const agent = await agentOf(vm)
  await vm.succeed('fallocate -l "$(df --output=avail -B1 / | tail -n1)" /fill || true')
  await vm.fail('dd if=/dev/zero of=/rest bs=64k 2>&1')
  const failed = await vm.fail('head -c 1000000 /dev/zero > /root/more')
  expect(failed.stderr).toContain('No space left on device')

  // Room for a folder, and not for what is copied.
  await vm.succeed('truncate -s -512K /fill')
  const folder = await mkdtemp(join(tmpdir(), 'fledge-full-'))
  try {
    await writeFile(join(folder, 'big'), Buffer.alloc(1 << 20, 1))
    for (const source of [join(folder, 'big'), folder]) {
      await expect(vm.copyFromHost(source, '/root/copy')).rejects.toMatchObject({
        code: 'ERR_FLEDGE_COPY',
        message: expect.stringMatching(/No space left on device|Wrote only \d+ of/),
      })
    }
    // Half a copy would keep the disk full.
    await vm.fail('ls -d /root/.fledge-*')
  } finally {
    await rm(folder, { recursive: true })
  }
  // Scripts that are too long for an argument need no disk either.
  expect((await vm.succeed(`: ${'x'.repeat(200_000)}; echo fine`)).stdout).toBe('fine\n')
  expect(await agentOf(vm)).toBe(agent)
  await vm.succeed('rm /fill /rest; echo again > /root/again')
})

test('an agent that is killed again and again, in a copy too, comes back each time', async ({ vm }) => {
  const folder = await mkdtemp(join(tmpdir(), 'fledge-killed-'))
  try {
    await vm.succeed('truncate -s 4G /root/huge')
    for (const turn of [1, 2, 3]) {
      const pending = [
        vm.execute('sleep 1000'),
        vm.copyFromMachine('/root/huge', join(folder, `huge-${turn}`)),
      ]
      const ends = pending.map(endOf)
      await vm.succeed('sleep 0.2')
      await vm.execute(`kill -KILL ${await agentOf(vm)}`).catch(() => {})
      expect(await Promise.all(ends)).toEqual(['ERR_FLEDGE_AGENT_LOST', 'ERR_FLEDGE_AGENT_LOST'])
      // Nothing of half a copy.
      expect(await readdir(folder)).toEqual([])
      await expect(async () => vm.succeed('true', { timeoutMs: 5_000 })).toPass({ timeout: 120_000 })
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})

// QEMU tells of a port once a second at the most, and of what happens meanwhile only the last.
test('an agent that is killed as soon as it is back is heard of each time', async ({ vm }) => {
  for (let turn = 0; turn < 4; turn++) {
    const ends = [vm.execute('sleep 1000'), vm.execute('kill -KILL $PPID; sleep 1000')].map(endOf)
    expect(await Promise.all(ends)).toEqual(['ERR_FLEDGE_AGENT_LOST', 'ERR_FLEDGE_AGENT_LOST'])
    const isBack = async (): Promise<unknown> => vm.succeed('true', { timeoutMs: 5_000 })
    await expect(isBack).toPass({ intervals: [20], timeout: 120_000 })
  }
})

test('a power-off by the guest itself ends pending calls with how it came', async ({ vm }) => {
  const ends = [endOf(vm.execute('sleep 1000')), endOf(vm.waitForFile('/never'))]
  await vm.succeed('true')
  await vm.execute('systemctl poweroff').catch(() => {})
  const [command, wait] = await Promise.all(ends)
  expect(['ERR_FLEDGE_AGENT_LOST', 'ERR_FLEDGE_MACHINE_DIED', 'SIGTERM', 'SIGKILL']).toContain(command)
  expect(['ERR_FLEDGE_AGENT_LOST', 'ERR_FLEDGE_MACHINE_DIED']).toContain(wait)
  // The agent goes first, QEMU a little later.
  const later = async (): Promise<unknown> => vm.execute('true').catch((error: unknown) => error)
  await expect(async () =>
    expect(await later()).toMatchObject({
      code: 'ERR_FLEDGE_MACHINE_DIED',
      message: expect.stringMatching(/powered itself off$/),
    }),
  ).toPass({ timeout: 120_000 })
})

test('a reset by the guest itself fails pending calls, and later ones are answered', async ({ vm }) => {
  const ends = [endOf(vm.execute('sleep 1000')), endOf(vm.waitForFile('/never'))]
  await vm.succeed('true')
  await vm.execute('sync; echo b > /proc/sysrq-trigger; sleep 1000').catch(() => {})
  expect(await Promise.all(ends)).toEqual(['ERR_FLEDGE_AGENT_LOST', 'ERR_FLEDGE_AGENT_LOST'])
  await expect(async () => vm.succeed('true', { timeoutMs: 10_000 })).toPass({ timeout: 400_000 })
})

test('a reboot by the guest itself fails pending calls, and later ones are answered', async ({ vm }) => {
  const boot = async (): Promise<string> =>
    (await vm.succeed('cat /proc/sys/kernel/random/boot_id', { timeoutMs: 10_000 })).stdout
  const first = await boot()
  const ends = [vm.waitForFile('/never'), vm.waitForOpenPort(9), vm.execute('sleep 1000')].map(endOf)
  await vm.succeed('true')
  await vm.execute('systemctl reboot').catch(() => {})
  const [file, port, command] = await Promise.all(ends)
  expect([file, port]).toEqual(['ERR_FLEDGE_AGENT_LOST', 'ERR_FLEDGE_AGENT_LOST'])
  // The init system may end it while there is an agent to tell so.
  expect(['ERR_FLEDGE_AGENT_LOST', 'SIGTERM', 'SIGKILL']).toContain(command)
  await expect(async () => expect(await boot()).not.toBe(first)).toPass({ timeout: 400_000 })
})

test('a clock that the guest sets far off moves no limit', async ({ vm }) => {
  for (const date of ['2001-01-01', '2039-01-01', '2024-06-01']) {
    const start = performance.now()
    const limited = vm.execute('sleep 1000', { timeoutMs: 3_000 }).catch((error: unknown) => error)
    await vm.succeed(['date', '--set', date])
    expect((await vm.execute('sleep 0.5', { timeoutMs: 60_000 })).exitCode).toBe(0)
    expect(await limited).toMatchObject({ code: 'ERR_FLEDGE_TIMEOUT' })
    expect(performance.now() - start).toBeGreaterThan(2_900)
    await vm.fail('pgrep -x sleep')
  }
})

test('a flood on the console keeps memory bounded, and commands are answered meanwhile', async ({ vm }) => {
  await vm.succeed('true')
  const before = process.memoryUsage().rss
  const flood = vm.execute(
    `head -c ${floodMiB}M /dev/zero | tr "\\\\0" x > /dev/ttyS0; echo the end > /dev/ttyS0`,
    {
      timeoutMs: 400_000,
    },
  )
  const first = await Promise.race([flood, answersTo(vm)])
  expect(first).toBe('answers')
  expect((await flood).exitCode).toBe(0)
  await expect.poll(() => vm.getConsoleLog(), { timeout: 60_000 }).toContain('the end')
  expect(vm.getConsoleLog().length).toBeLessThanOrEqual(2 ** 20)
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20)
})

checkLeaks()
