import { checkLeaks } from '../fixtures/leaks.ts'
import { launch, prepare } from '../../src/index.ts'
import { expect, test } from '../fixtures/machine.ts'

const usual = ['debian:12-minimal']
const all = [
  'debian:11-minimal',
  'debian:12-minimal',
  'debian:13-minimal',
  'debian:testing-minimal',
  'debian:unstable-minimal',
]

for (const image of process.env['FLEDGE_TEST_ALL'] ? all : usual) {
  test(`${image} becomes a machine with all that was promised`, async () => {
    test.setTimeout(0)
    await prepare(image)
    await using vm = await launch(image, { shares: { '/mnt/here': { source: '.', access: 'overlay' } } })
    await vm.waitForUnit('multi-user.target')
    expect((await vm.succeed('systemctl is-system-running')).stdout.trim()).toBe('running')
    await vm.succeed('test -e /mnt/here/package.json && touch /mnt/here/new')
    await vm.succeed('getent hosts "$(hostname)" && sudo -n true && ip route show default | grep 10.0.2.2')
    await vm.succeed('dpkg -s ca-certificates iproute2 openssh-server dbus udev sudo > /dev/null')
    await vm.fail('systemctl is-active ssh.service ssh.socket')
    await vm.systemctl('start ssh.service')
    await vm.waitForOpenPort(22)
    expect((await vm.succeed('systemctl list-timers --no-legend')).stdout).not.toMatch(
      /apt|man-db|fstrim|e2scrub|logrotate/,
    )
    expect((await vm.screenshot()).length).toBeGreaterThan(1_000)
    await vm.shutdown()
  })
}

test('packages are fetched through user-mode networking', async () => {
  await using vm = await launch('debian:13-minimal')
  await vm.succeed('apt-get -q update && apt-get -yq install --no-install-recommends hello', {
    timeoutMs: 500_000,
  })
  expect((await vm.succeed('hello')).stdout).toContain('Hello')
})

test('an image can have extra packages built in', async () => {
  test.setTimeout(0)
  const image = 'debian:13-minimal+hello'
  expect((await prepare('debian:13-minimal', { include: { packages: ['hello'] } })).image).toBe(image)
  await using vm = await launch(image)
  expect((await vm.succeed('hello')).stdout).toContain('Hello')
})

checkLeaks()
