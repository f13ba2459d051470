import { checkLeaks } from '../fixtures/leaks.ts'
import { expect, test } from '../fixtures/machine.ts'

test('requireUnitState looks once, and says what the state is', async ({ vm }) => {
  await vm.requireUnitState('multi-user.target')
  await vm.requireUnitState('ssh.service', { state: 'inactive' })
  await expect(vm.requireUnitState('ssh.service')).rejects.toMatchObject({
    code: 'ERR_FLEDGE_UNIT_STATE',
    message: 'The unit "ssh.service" is inactive (dead), but must be active',
  })
  await expect(vm.requireUnitState('no-such.service')).rejects.toThrow('and there is no such unit')
})

test('getUnitInfo and getUnitProperty give what systemd shows', async ({ vm }) => {
  const info = await vm.getUnitInfo('fledge-agent.service')
  expect(info).toMatchObject({ Id: 'fledge-agent.service', ActiveState: 'active', LoadState: 'loaded' })
  expect(Object.keys(info).length).toBeGreaterThan(100)
  expect(await vm.getUnitProperty('fledge-agent.service', 'MainPID')).toBe(info['MainPID'])
  expect(await vm.getUnitProperty('fledge-agent', 'Id')).toBe('fledge-agent.service')
  expect(await vm.getUnitProperty('no-such.service', 'LoadState')).toBe('not-found')
  await expect(vm.getUnitProperty('fledge-agent.service', 'NoSuch')).rejects.toMatchObject({
    code: 'ERR_FLEDGE_OPTION',
    message: 'Cannot get "NoSuch" of "fledge-agent.service": it has no such property',
  })
})

test('a property of several lines is whole', async ({ vm }) => {
  await vm.succeed(
    `printf '[Unit]\\nDescription=d\\n[Service]\\nExecStart=/bin/sleep 1000\\nEnvironment="A=1\\\\nB=2"\\n' > /run/systemd/system/lines.service; systemctl daemon-reload`,
  )
  const info = await vm.getUnitInfo('lines.service')
  expect(info['Environment']).toBe(await vm.getUnitProperty('lines.service', 'Environment'))
  expect(info['Description']).toBe('d')
  expect(info).not.toHaveProperty('B')
})

test('startJob and stopJob wait for systemd, and fail where it does', async ({ vm }) => {
  await vm.startJob('ssh.service')
  await vm.requireUnitState('ssh.service')
  await vm.stopJob('ssh.service')
  await vm.requireUnitState('ssh.service', { state: 'inactive' })
  await expect(vm.startJob('no-such.service')).rejects.toMatchObject({
    code: 'ERR_FLEDGE_COMMAND_FAILED',
    stderr: expect.stringContaining('not found'),
  })
})

test("all verbs of units ask a user's systemd", async ({ vm }) => {
  await vm.succeed('useradd -m -u 1234 alice')
  const user = { user: 'alice' }
  // There is no systemd of hers to ask yet.
  await expect(
    vm.waitForUnit('default.target', { ...user, timeoutMs: 200 * vm.timeFactor }),
  ).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
    lastSeen: expect.stringContaining('Failed to connect to'),
  })
  const waiting = vm.waitForUnit('default.target', user)
  await vm.succeed('loginctl enable-linger alice')
  await waiting
  await vm.succeed(
    'mkdir -p ~/.config/systemd/user; printf "[Service]\\nExecStart=/bin/sleep 1000\\n" > ~/.config/systemd/user/nap.service',
    user,
  )
  await vm.startJob('nap.service', user)
  await vm.requireUnitState('nap.service', user)
  expect((await vm.getUnitInfo('nap.service', user))['ActiveState']).toBe('active')
  expect(await vm.getUnitProperty('nap.service', 'SubState', user)).toBe('running')
  await vm.stopJob('nap.service', user)
  await vm.requireUnitState('nap.service', { ...user, state: 'inactive' })
  await vm.requireUnitState('nap.service', { state: 'inactive' })
})

checkLeaks()
