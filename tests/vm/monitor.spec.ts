import { checkLeaks } from '../fixtures/leaks.ts'
import { expect, test } from '../fixtures/machine.ts'

test('qmp asks QEMU, typed where it is known, and tells what QEMU refuses', async ({ vm }) => {
  expect((await vm.qmp('query-status')).running).toBe(true)
  expect(await vm.qmp('query-cpus-fast')).toHaveLength(2)
  expect((await vm.qmp('query-block')).map(({ qdev }) => qdev)).toContainEqual(
    expect.stringContaining('disk0'),
  )
  expect(await vm.qmp('query-name')).toEqual({})
  await expect(vm.qmp('no-such-command')).rejects.toMatchObject({
    code: 'ERR_FLEDGE_QEMU',
    message: expect.stringContaining('no-such-command'),
  })
  await expect(vm.qmp('set_link', { name: 'nic9', up: true })).rejects.toThrow('nic9')
  expect(await vm.sendMonitorCommand('info status')).toContain('running')
})

test('waitForQmpEvent drops nothing, gives nothing twice, and waits for what comes', async ({ vm }) => {
  await vm.qmp('stop')
  await vm.qmp('cont')
  await vm.qmp('stop')
  await vm.qmp('cont')
  const resumed = await vm.waitForQmpEvent('RESUME', { timeoutMs: 10_000 })
  const first = await vm.waitForQmpEvent(({ name }) => name === 'STOP', { timeoutMs: 10_000 })
  const second = await vm.waitForQmpEvent('STOP', { after: resumed, timeoutMs: 10_000 })
  expect(second.atMs).toBeGreaterThanOrEqual(first.atMs)
  const late = await vm.waitForQmpEvent('STOP', { timeoutMs: 300 }).catch((error: unknown) => error)
  expect(late).toMatchObject({ code: 'ERR_FLEDGE_TIMEOUT', lastSeen: 'the event RESUME' })
  const pending = vm.waitForQmpEvent('STOP', { timeoutMs: 60_000 })
  await vm.qmp('stop')
  expect((await pending).name).toBe('STOP')
  await vm.qmp('cont')
  await vm.succeed('true')
  const failing = vm.waitForQmpEvent(() => {
    throw new Error('my own')
  })
  await expect(failing).rejects.toThrow('my own')
})

test('sendConsole types on the serial console', async ({ vm }) => {
  const reader = await vm.spawn('stty -F /dev/ttyS0 raw -echo; echo ready; exec head -n 2 /dev/ttyS0')
  let said = ''
  reader.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  reader.stderr.resume()
  await expect.poll(() => said, { timeout: 60_000 }).toBe('ready\n')
  await vm.sleep(300)
  await vm.sendConsole('hello there\nünï →\n')
  await reader.exited
  expect(said).toBe('ready\nhello there\nünï →\n')
})

checkLeaks()
