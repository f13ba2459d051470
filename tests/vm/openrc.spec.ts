import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test as base } from '@playwright/test'

import { launch, prepare, type Machine } from '../../src/index.ts'
import { collectEvidence } from '../../src/test/collect-evidence.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { alpineLookalike } from '../fixtures/lookalike.ts'
import { whyNoLoopDevices } from '../fixtures/mount.ts'

base.skip(!process.env['FLEDGE_TEST_ALL'], 'It takes a build and two boots; FLEDGE_TEST_ALL=1 runs it')
const whyNot = whyNoLoopDevices()
base.skip(whyNot !== undefined, whyNot)

/** A machine with OpenRC, busybox and no bash, which stands for Alpine; prepared and frozen once. */
const test = base.extend<{ folder: string; vm: Machine }, { image: string }>({
  image: [
    async ({}, use) => {
      const image = await alpineLookalike()
      await prepare(image)
      await use(image)
    },
    { scope: 'worker', timeout: 0 },
  ],
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'fledge-test-'))
    await use(folder)
    await rm(folder, { recursive: true })
  },
  vm: async ({ image }, use) => {
    await using vm = await launch(image)
    await use(vm)
  },
})

test('it is what it stands for: up, with OpenRC and a busybox, and without systemd and bash', async ({
  vm,
}) => {
  expect((await vm.succeed('cat /run/openrc/softlevel')).stdout.trim()).toBe('default')
  expect((await vm.succeed('ls /run/openrc/failed | wc -l')).stdout.trim()).toBe('0')
  expect((await vm.succeed('readlink -f /bin/sh')).stdout).toContain('busybox')
  for (const program of ['bash', 'systemctl', 'findmnt', 'growpart', 'sudo']) {
    await vm.fail(`command -v ${program}`)
  }
})

test('its disk and its file system, which has no partition, have grown', async ({ vm }) => {
  const { stdout } = await vm.succeed(
    'cat /sys/class/block/vda/size; df -P -k / | tail -n 1 | awk \'{ print 2 * $2 }\'; mount | grep " / "',
  )
  const [disk = 0, fileSystem = 0] = stdout.split('\n').map((sectors) => Number(sectors) / 2 ** 21)
  expect(disk).toBe(8)
  expect(fileSystem).toBeGreaterThan(7)
  expect(stdout).toContain('/dev/vda on / type ext4')
})

test('commands run in its shell, and by its user, who may become root', async ({ vm }) => {
  const { stdout } = await vm.succeed('doas -n id -u; echo "$SHELL"', { user: 'alpine' })
  expect(stdout).toBe('0\n/bin/ash\n')
  await expect(vm.execute('false; echo reached')).resolves.toMatchObject({ exitCode: 1, stdout: '' })
  expect((await vm.succeed('cat', { stdin: 'äöü\n' })).stdout).toBe('äöü\n')
  await expect(vm.execute('sleep 1000 & sleep 1000', { timeoutMs: 3_000 })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TIMEOUT',
  })
  await vm.waitUntilFails('pidof sleep')
})

test('it has the network of a machine, a name of its own, and the time of the host', async ({ vm }) => {
  const { stdout } = await vm.succeed('ip -4 -o addr show scope global; ip route; cat /etc/resolv.conf')
  expect(stdout).toMatch(/eth0 +inet 10\.0\.2\.15\/24/)
  expect(stdout).toMatch(/default via 10\.0\.2\.2/)
  expect(stdout).toMatch(/nameserver 10\.0\.2\.3/)
  expect((await vm.succeed('hostname; cat /etc/hostname')).stdout).toBe(`${vm.name}\n${vm.name}\n`)
  const before = Math.floor(Date.now() / 1000)
  const seconds = Number((await vm.succeed('date +%s')).stdout)
  expect(seconds).toBeGreaterThanOrEqual(before)
  expect(seconds).toBeLessThanOrEqual(Date.now() / 1000)
  await vm.succeed('rc-service sshd start')
  await vm.waitForOpenPort(22)
})

test('shares, and copies by the tar of its busybox', async ({ image, folder }) => {
  await writeFile(join(folder, 'hello'), 'from the host\n')
  await using vm = await launch(image, {
    shares: {
      '/mnt/it': { source: folder, access: 'read-write' },
      '/mnt/over': { source: folder, access: 'overlay' },
    },
  })
  expect((await vm.succeed('cat /mnt/it/hello')).stdout).toBe('from the host\n')
  await vm.succeed('echo from the guest > /mnt/it/answer; echo only here > /mnt/over/answer')
  expect(await readFile(join(folder, 'answer'), 'utf8')).toBe('from the guest\n')
  await vm.copyFromHost(folder, '/root/copy')
  await vm.succeed('chmod 750 /root/copy/hello')
  await vm.copyFromMachine('/root/copy/hello', join(folder, 'back'))
  expect(await readFile(join(folder, 'back'), 'utf8')).toBe('from the host\n')
})

test('verbs that need systemd say at once that there is none, and what to use', async ({ vm }) => {
  for (const call of [() => vm.waitForUnit('sshd.service'), () => vm.systemctl('start sshd')]) {
    await expect(call()).rejects.toMatchObject({
      code: 'ERR_FLEDGE_NO_SYSTEMD',
      message: expect.stringMatching(/^Cannot use "\w+": the guest has no systemd$/),
      hint: expect.stringContaining('rc-service'),
    })
  }
  await vm.succeed('rc-service sshd restart')
  await vm.waitUntilSucceeds('rc-service sshd status')
})

test('evidence of a failure has its log and services in place of the journal', async ({ vm }) => {
  await vm.succeed('echo something that happened > /var/log/messages')
  const evidence = await collectEvidence(vm, { sinceMs: Date.now(), timeoutMs: 60_000 })
  expect(evidence.notes).toEqual([])
  expect(evidence.journal).toBeUndefined()
  expect(evidence.failedUnits).toBe('')
  expect(evidence.systemLog).toContain('something that happened')
  expect(evidence.systemLog).toContain('Linux version')
  expect(evidence.services).toMatch(/fledge-agent +\[ +started/)
})

test('an agent that dies has a successor, a reboot brings it back, and shutdown ends the machine', async ({
  vm,
}) => {
  const bootId = 'cat /proc/sys/kernel/random/boot_id'
  const { stdout: first } = await vm.succeed(bootId)
  await vm.succeed('rc-service fledge-agent status')
  await vm.execute('kill -KILL $(pidof fledge-agent)').catch(() => {})
  await expect(async () => vm.succeed('true', { timeoutMs: 5_000 })).toPass({ timeout: 120_000 })
  expect((await vm.succeed(bootId)).stdout).toBe(first)
  await vm.execute('reboot').catch(() => {})
  await expect(async () => {
    expect((await vm.succeed(bootId, { timeoutMs: 5_000 })).stdout).not.toBe(first)
  }).toPass({ timeout: 300_000 })
  await vm.waitUntilSucceeds('ip -4 -o addr show dev eth0 | grep -F 10.0.2.15')
  expect(
    (
      await vm.succeed('cat /etc/cloud/cloud-init.disabled; ls /run/cloud-init 2> /dev/null | wc -l')
    ).stdout.trim(),
  ).toBe('0')
  await vm.shutdown()
})

checkLeaks()
