import { Readable } from 'node:stream'

import { checkLeaks } from '../fixtures/leaks.ts'
import { expect, test } from '../fixtures/machine.ts'

const unit = (name: string, body: string): string =>
  `cat > /run/systemd/system/${name} <<'E'\n[Service]\n${body}\nE\nsystemctl daemon-reload`

test('waitForUnit: active, and soon active', async ({ vm }) => {
  await vm.waitForUnit('multi-user.target')
  await vm.succeed(
    unit(
      'slow.service',
      'Type=notify\nNotifyAccess=all\nExecStart=/bin/bash -c "sleep 2; systemd-notify --ready; sleep 1000"',
    ),
  )
  await vm.systemctl('start --no-block slow.service')
  await vm.waitForUnit('slow.service', { timeoutMs: 60_000 })
  expect((await vm.succeed('systemctl is-active slow.service')).stdout.trim()).toBe('active')
})

test('waitForUnit: a oneshot that has run to a good end is right, before its run it is not', async ({
  vm,
}) => {
  await vm.succeed(unit('once.service', 'Type=oneshot\nExecStart=/bin/sleep 1'))
  await expect(vm.waitForUnit('once.service', { timeoutMs: 8_000 })).rejects.toThrow(
    /inactive.*no job is queued/,
  )
  await vm.systemctl('start --no-block once.service')
  await vm.waitForUnit('once.service', { timeoutMs: 60_000 })
  await vm.waitForUnit('once', { timeoutMs: 60_000 })
  await vm.fail('systemctl is-active once.service')
})

test('waitForUnit: a failed unit ends the wait at once, with its journal', async ({ vm }) => {
  await vm.succeed(unit('bad.service', 'ExecStart=/bin/bash -c "echo the reason is here; exit 5"'))
  await vm.systemctl('start bad.service').catch(() => {})
  // A simple service is active for the moment until its program has failed.
  await vm.waitUntilFails('systemctl is-active bad.service')
  const error = await vm.waitForUnit('bad.service', { timeoutMs: 120_000 }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_FLEDGE_UNIT_FAILED', machine: vm.name })
  expect(String(error)).toContain('the reason is here')
})

test('waitForUnit: a unit that does not exist is named when the time is over', async ({ vm }) => {
  const error = await vm
    .waitForUnit('no-such.service', { timeoutMs: 8_000 })
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_FLEDGE_TIMEOUT', lastSeen: 'there is no unit "no-such.service"' })
})

test("waitForUnit and systemctl ask a user's systemd", async ({ vm }) => {
  await vm.succeed('useradd -m -u 1234 alice && loginctl enable-linger alice')
  await vm.waitForUnit('user@1234.service')
  await vm.waitForUnit('default.target', { user: 'alice' })
  expect(
    (await vm.systemctl('show --property=ActiveState default.target', { user: 'alice' })).stdout,
  ).toContain('active')
})

test('systemctl fails where systemctl does', async ({ vm }) => {
  await expect(vm.systemctl('start no-such.service')).rejects.toMatchObject({
    code: 'ERR_FLEDGE_COMMAND_FAILED',
  })
})

test('waitForFile waits for a path and says that it is not there', async ({ vm }) => {
  await vm.succeed('(sleep 1; mkdir "/tmp/a b") &')
  await vm.waitForFile('/tmp/a b', { timeoutMs: 60_000 })
  await expect(vm.waitForFile('/tmp/never', { timeoutMs: 300 })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    lastSeen: 'no such file',
  })
})

test('ports open and close, with no tool in the guest', async ({ vm }) => {
  await expect(vm.waitForOpenPort(22, { timeoutMs: 300 })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
  })
  await vm.systemctl('start ssh.service')
  await vm.waitForOpenPort(22)
  await vm.waitForOpenPort(22, { address: '10.0.2.15' })
  await vm.systemctl('stop ssh.service')
  await vm.waitForClosedPort(22)
})

test('waitForOpenUnixSocket waits for streams and datagrams, with no tool in the guest', async ({ vm }) => {
  await vm.waitForOpenUnixSocket('/run/systemd/private')
  await vm.waitForOpenUnixSocket('/run/systemd/journal/dev-log', { type: 'datagram' })
  await expect(vm.waitForOpenUnixSocket('/tmp/late', { timeoutMs: 300 })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    lastSeen: 'nothing listens (ENOENT)',
  })
  await vm.succeed('(sleep 1; systemd-run --collect --socket-property=ListenStream=/tmp/late true) &')
  await vm.waitForOpenUnixSocket('/tmp/late', { timeoutMs: 60_000 })
})

test('sleep lets time pass in the guest', async ({ vm }) => {
  const uptime = async (): Promise<number> =>
    Number((await vm.succeed('cat /proc/uptime')).stdout.split(' ')[0])
  const before = await uptime()
  await vm.sleep(1_500)
  expect((await uptime()) - before).toBeGreaterThanOrEqual(1.49)
})

test('a wait refuses a stream as input, which it could give to one try only', async ({ vm }) => {
  const stdin = Readable.from(['x'])
  await expect(vm.waitUntilSucceeds('cat', { stdin })).rejects.toMatchObject({ code: 'ERR_FLEDGE_OPTION' })
})

test('waitUntilFails waits until a command fails', async ({ vm }) => {
  await vm.succeed('touch /tmp/gone; (sleep 1; rm /tmp/gone) &')
  await vm.waitUntilFails('test -e /tmp/gone', { timeoutMs: 60_000 })
})

checkLeaks()
