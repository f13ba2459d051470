import { checkLeaks } from '../fixtures/leaks.ts'
import { expect, test } from '../fixtures/machine.ts'
import { qemuOf } from '../fixtures/qemu-of.ts'
import { collectEvidence } from '../../src/test/collect-evidence.ts'

const png = Buffer.from('\u0089PNG', 'latin1')

test('has what a machine did since its launch, and how that failed', async ({ vm }) => {
  const sinceMs = Date.now() - 1_000
  await vm.succeed(
    'logger --priority user.err words in the journal; echo words on the console > /dev/console',
  )
  await vm.succeed('echo "<3>a broken device" > /dev/kmsg; echo "<6>a fine device" > /dev/kmsg')
  await vm.fail('systemd-run --wait --unit=broken false')
  await vm.succeed('mkdir /var/cores; echo /var/cores/core.%p > /proc/sys/kernel/core_pattern')
  await vm.fail('ulimit -c unlimited; sh -c "kill -SEGV \\$\\$"')
  const evidence = await collectEvidence(vm, { sinceMs, timeoutMs: 60_000 })
  expect(evidence.notes).toEqual([])
  const journal = evidence.journal ?? []
  const entry = journal.find(({ message }) => message === 'words in the journal')
  expect(entry).toMatchObject({ priority: 3, source: expect.stringMatching(/^(?:root|logger)/) })
  expect(Math.abs((entry?.timeMs ?? 0) - Date.now())).toBeLessThan(120_000)
  expect(journal.filter(({ message }) => message.startsWith('Linux version'))).toEqual([])
  expect(evidence.console.map(({ text }) => text).join('')).toContain('words on the console')
  expect(evidence.failedUnits).toContain('broken.service')
  expect(evidence.kernelErrors).toContain('a broken device')
  expect(evidence.kernelErrors).not.toContain('a fine device')
  expect(evidence.coredumps).toMatch(/\/var\/cores\/core\.\d+$/m)
  expect(evidence.screen?.subarray(0, 4)).toEqual(png)
})

test('tells of no failures where there are none', async ({ vm }) => {
  const { failedUnits, coredumps, notes } = await collectEvidence(vm, {
    sinceMs: Date.now(),
    timeoutMs: 60_000,
  })
  expect({ failedUnits, coredumps, notes }).toEqual({ failedUnits: '', coredumps: '', notes: [] })
})

test('has the console and the screen of a guest that hangs, within its limit', async ({ vm }) => {
  await vm.succeed('echo last words > /dev/console')
  await vm.sendMonitorCommand('stop')
  const start = performance.now()
  const evidence = await collectEvidence(vm, { sinceMs: Date.now(), timeoutMs: 3_000 })
  expect(performance.now() - start).toBeLessThan(3_000 + 1_000)
  expect(evidence.console.map(({ text }) => text).join('')).toContain('last words')
  expect(evidence.screen?.subarray(0, 4)).toEqual(png)
  expect(evidence.notes.map((note) => note.split(':', 1)[0])).toEqual(
    expect.arrayContaining(['journal.txt', 'failed-units.txt', 'kernel-errors.txt', 'coredumps.txt']),
  )
})

test('has the console and the screen of a guest whose kernel panicked', async ({ vm }) => {
  const crash = vm.execute('echo c > /proc/sysrq-trigger', { timeoutMs: 60_000 })
  await expect(crash).rejects.toMatchObject({ code: 'ERR_FLEDGE_GUEST_PANIC' })
  const evidence = await collectEvidence(vm, { sinceMs: Date.now(), timeoutMs: 10_000 })
  expect(evidence.console.map(({ text }) => text).join('')).toContain('Kernel panic')
  expect(evidence.screen?.subarray(0, 4)).toEqual(png)
  expect(evidence.notes).toHaveLength(4)
})

test('has the console of a machine that is gone, and says why there is no more', async ({ vm }) => {
  await vm.succeed('echo last words > /dev/console')
  process.kill(await qemuOf(), 'SIGKILL')
  await expect(vm.execute('sleep 60')).rejects.toMatchObject({ code: 'ERR_FLEDGE_MACHINE_DIED' })
  const start = performance.now()
  const evidence = await collectEvidence(vm, { sinceMs: Date.now(), timeoutMs: 60_000 })
  expect(performance.now() - start).toBeLessThan(5_000)
  expect(evidence.console.map(({ text }) => text).join('')).toContain('last words')
  expect(evidence.screen).toBeUndefined()
  expect(evidence.notes).toHaveLength(5)
  for (const note of evidence.notes) expect(note).toContain('QEMU was ended by SIGKILL')
})

checkLeaks()
