import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { launch } from '../../src/index.ts'
import { cacheFolder } from '../../src/util/cache-folder.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { expect, image, test } from '../fixtures/machine.ts'
import { qemuOf } from '../fixtures/qemu-of.ts'
import { firstAnswer, runProgram } from '../fixtures/run-program.ts'

test('shutdown powers the guest off and ends the machine', async ({ vm }) => {
  await vm.shutdown()
  await expect(vm.execute('true')).rejects.toMatchObject({ code: 'ERR_FLEDGE_MACHINE_DIED' })
  await vm.stop()
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
