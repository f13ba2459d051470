import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { joinAll, launch, startAll } from '../../src/index.ts'
import { cacheFolder } from '../../src/util/cache-folder.ts'
import { checkLeaks, ownChildren } from '../fixtures/leaks.ts'
import { expect, image, test } from '../fixtures/machine.ts'
import { qemuOf } from '../fixtures/qemu-of.ts'
import { firstAnswer, runProgram } from '../fixtures/run-program.ts'

test('shutdown powers the guest off and ends the machine', async ({ vm }) => {
  await vm.shutdown()
  await expect(vm.execute('true')).rejects.toMatchObject({ code: 'ERR_FLEDGE_MACHINE_DIED' })
  await vm.stop()
})

test('waitForShutdown waits for a guest that powers itself off, and fails when it ends otherwise', async ({
  vm,
}) => {
  expect(vm.isUp()).toBe(true)
  await expect(vm.waitForShutdown({ timeoutMs: 300 })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    lastSeen: 'the machine still runs',
  })
  await vm.succeed('systemctl --no-block poweroff')
  await vm.waitForShutdown()
  expect(vm.isUp()).toBe(false)
  // It is over already.
  await vm.waitForShutdown()
  await using other = await launch(image)
  const waiting = other.waitForShutdown().catch((error: unknown) => error)
  await other.crash()
  expect(await waiting).toMatchObject({ code: 'ERR_FLEDGE_MACHINE_DIED' })
  expect(other.isUp()).toBe(false)
})

test('crash cuts the power, and pending calls fail', async ({ vm }) => {
  const pending = vm.execute('sleep 1000').catch((error: unknown) => error)
  await vm.succeed('true')
  await vm.crash()
  expect(await pending).toMatchObject({ code: 'ERR_FLEDGE_MACHINE_DIED', machine: vm.name })
})

test('stop and kill can be called again and at once, and pending calls say so', async () => {
  const vm = await launch(image)
  const pending = vm.execute('sleep 1000').catch((error: unknown) => error)
  await vm.succeed('true')
  await Promise.all([vm.stop(), vm.kill(), vm.stop()])
  expect(await pending).toMatchObject({ code: 'ERR_FLEDGE_STOPPED' })
  await vm.stop()
  await expect(vm.succeed('true')).rejects.toMatchObject({ code: 'ERR_FLEDGE_STOPPED' })
  await expect(vm.screenshot()).rejects.toMatchObject({ code: 'ERR_FLEDGE_STOPPED' })
})

test('a guest that powers itself off is told as such', async ({ vm }) => {
  await vm.succeed('systemctl poweroff')
  await expect(async () => {
    const error = await vm.execute('true').catch((thrown: unknown) => thrown)
    expect(String(error)).toContain('powered itself off')
  }).toPass({ timeout: 120_000 })
  await expect(vm.execute('true')).rejects.toMatchObject({ code: 'ERR_FLEDGE_MACHINE_DIED' })
})

test('a kernel panic ends every call, with the end of the console', async ({ vm }) => {
  const error = await vm
    .execute('echo c > /proc/sysrq-trigger; sleep 1000')
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_FLEDGE_GUEST_PANIC', machine: vm.name })
  expect((error as { consoleTail: string }).consoleTail).toContain('Kernel panic')
})

test('an agent that dies fails what is pending, and its successor serves on', async ({ vm }) => {
  const pending = vm.execute('sleep 1000').catch((error: unknown) => error)
  const pid = (
    await vm.succeed('systemctl show --property=MainPID --value fledge-agent.service')
  ).stdout.trim()
  await vm.execute(`kill -KILL ${pid}`).catch(() => {})
  expect(await pending).toMatchObject({ code: 'ERR_FLEDGE_AGENT_LOST' })
  await expect(async () => vm.succeed('true', { timeoutMs: 5_000 })).toPass({ timeout: 120_000 })
  // The new agent left alone what the old one had started.
  await vm.succeed('pgrep -x sleep')
})

test('a machine reboots, and its agent comes back', async ({ vm }) => {
  await vm.succeed('touch /root/kept /run/lost')
  await vm.execute('systemctl reboot').catch(() => {})
  await expect(async () => vm.fail('test -e /run/lost', { timeoutMs: 5_000 })).toPass({ timeout: 400_000 })
  await vm.succeed('test -e /root/kept')
})

test('reboot comes back with the agent, the name, the address and the shares', async () => {
  await using vm = await launch(image, { name: 'phoenix', shares: { '/mnt/sources': 'src' } })
  await vm.succeed('touch /root/kept /run/lost')
  await vm.reboot()
  expect(vm.isUp()).toBe(true)
  await vm.succeed('test -e /root/kept')
  await vm.fail('test -e /run/lost')
  expect((await vm.succeed('hostname; cat /mnt/sources/errors.ts')).stdout).toMatch(/^phoenix\n.*ERR_FLEDGE/s)
  await vm.succeed(`cat /sys/class/net/*/address | grep -x ${vm.mac}`)
  expect(Math.abs((await vm.clock.read()).getTime() - Date.now())).toBeLessThan(5_000)
  await vm.waitForUnit('multi-user.target')
})

test('machines that were shut down or crashed are started again with their disks, at the same time', async () => {
  const shares = { '/mnt/sources': 'src' }
  await using first = await launch(image, { name: 'first', shares })
  await using second = await launch(image, { name: 'second', shares })
  const both = [first, second]
  await Promise.all(both.map((vm) => vm.succeed('echo kept > /root/kept; sync')))
  // One that runs is left alone.
  await first.start()
  await Promise.all([joinAll(both).catch((error: unknown) => error), first.shutdown(), second.crash()]).then(
    ([error]) => expect(error).toMatchObject({ code: 'ERR_FLEDGE_MACHINE_DIED', machine: 'second' }),
  )
  await expect(first.succeed('true')).rejects.toMatchObject({ code: 'ERR_FLEDGE_MACHINE_DIED' })
  await startAll(both)
  for (const vm of both) {
    const { stdout } = await vm.succeed('cat /root/kept; hostname; ls /mnt/sources/errors.ts')
    expect(stdout).toBe(`kept\n${vm.name}\n/mnt/sources/errors.ts\n`)
    await vm.succeed(`cat /sys/class/net/*/address | grep -x ${vm.mac}`)
    expect(vm.isUp()).toBe(true)
    expect(vm.getConsoleLog()).not.toBe('')
  }
  await Promise.all(both.map((vm) => vm.succeed('systemctl --no-block poweroff')))
  await joinAll(both)
  await first.stop()
  await expect(first.start()).rejects.toMatchObject({ code: 'ERR_FLEDGE_STOPPED' })
})

test('a start that comes to nothing leaves no QEMU, and can be tried again', async ({ vm }) => {
  await vm.crash()
  await expect(vm.start({ timeoutMs: 300 })).rejects.toMatchObject({ code: 'ERR_FLEDGE_TIMEOUT' })
  await expect.poll(() => ownChildren(), { timeout: 10_000 }).toEqual([])
  await Promise.all([vm.start(), vm.start()])
  await vm.succeed('true')
  expect(await ownChildren()).toHaveLength(1)
})

test('a stop ends a start that is under way', async () => {
  await using vm = await launch(image)
  await vm.crash()
  const starting = vm.start().catch((error: unknown) => error)
  await qemuOf()
  await vm.stop()
  expect(await starting).toMatchObject({ code: 'ERR_FLEDGE_STOPPED' })
  expect(await ownChildren()).toEqual([])
})

test('SIGKILL of the host process leaves no QEMU and no overlay', async () => {
  const program = runProgram('hold-machine.mjs')
  const { pid } = await firstAnswer<{ pid: number }>(program)
  const qemu = await qemuOf(pid)
  expect(qemu).toBeGreaterThan(0)
  program.kill('SIGKILL')
  await once(program, 'exit')
  await expect.poll(() => isAlive(qemu), { timeout: 5_000 }).toBe(false)
  // Those of others are there for an instant.
  await expect.poll(() => readdir(join(cacheFolder(), 'overlays')), { timeout: 5_000 }).toEqual([])
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

checkLeaks()
