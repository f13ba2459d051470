import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test as base } from '@playwright/test'

import { launch, prepare, type Machine } from '../../src/index.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { lookalike } from '../fixtures/lookalike.ts'
import { whyNoLoopDevices } from '../fixtures/mount.ts'
import { endlessVerbs } from '../fixtures/verbs.ts'

const whyNot = whyNoLoopDevices()
base.skip(whyNot !== undefined, whyNot)

const overSsh = { channel: 'ssh' } as const

/** A machine of a Debian 12 without the agent, as no other system than Linux can be had everywhere; prepared and frozen once. */
const test = base.extend<{ folder: string; vm: Machine }, { image: string }>({
  image: [
    async ({}, use) => {
      const image = await lookalike('bookworm')
      await prepare(image, overSsh)
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
    await using vm = await launch(image, overSsh)
    await use(vm)
  },
})

const bootId = 'cat /proc/sys/kernel/random/boot_id'

test('a guest asked over SSH has no agent, and is a clone with a name and a time of its own', async ({
  vm,
}) => {
  await vm.fail('pgrep -x fledge-agent || ls /usr/lib/fledge || systemctl cat fledge-agent')
  expect((await vm.succeed('hostname; getent hosts "$(hostname)"')).stdout).toMatch(
    new RegExp(`^${vm.name}\\n127\\.0\\.1\\.1 +${vm.name}\\n$`),
  )
  expect(Math.abs((await vm.clock.read()).getTime() - Date.now())).toBeLessThan(60_000)
  expect((await vm.succeed('systemctl is-system-running')).stdout).toBe('running\n')
  expect(vm.isUp()).toBe(true)
})

test('clones are as alike as the template, and have names, identities and randomness of their own', async ({
  image,
  vm,
}) => {
  await using other = await launch(image, overSsh)
  const both = [vm, other]
  expect(new Set(both.map(({ identity }) => identity)).size).toBe(2)
  const say = async (line: string): Promise<Set<string>> =>
    new Set(await Promise.all(both.map(async (each) => (await each.succeed(line)).stdout)))
  expect((await say(bootId)).size).toBe(1)
  for (const own of ['hostname', 'cat /proc/sys/kernel/random/uuid', 'head -c 16 /dev/urandom | base64']) {
    expect((await say(own)).size, own).toBe(2)
  }
})

test('commands: their streams, ends, users, folders, variables and input', async ({ vm }) => {
  const both = await vm.execute('echo out; echo err >&2; exit 3')
  expect(both).toMatchObject({ exitCode: 3, stdout: 'out\n', stderr: 'err\n' })
  expect((await vm.execute('kill -9 $$')).signal).toBe('SIGKILL')
  expect((await vm.execute(['sh', '-c', 'exit 137'])).exitCode).toBe(137)
  const words = ["it's", 'a\nb', '!x', '\\0', 'ü', '$HOME', '']
  expect((await vm.succeed(['printf', '%s|', ...words])).stdout).toBe(`${words.join('|')}|`)
  expect((await vm.succeed('cat', { stdin: 'in\0put' })).stdout).toBe('in\0put')
  expect(
    (await vm.succeed('id -un; pwd; echo "$A:$HOME"', { user: 'debian', cwd: '/tmp', env: { A: "b'c" } }))
      .stdout,
  ).toBe("debian\n/tmp\nb'c:/home/debian\n")
  const { bytes } = await vm.succeed('head -c 20000000 /dev/zero')
  expect(bytes.stdout.length).toBe(20_000_000)
  await expect(vm.execute(['no-such-program'])).rejects.toMatchObject({ code: 'ERR_FLEDGE_COMMAND_START' })
  await expect(vm.execute('true', { user: 'nobody-there' })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_COMMAND_START',
  })
})

test('a deadline kills all that a command started, and a background child holds no call', async ({ vm }) => {
  const error = await vm
    .execute('(setsid sleep 4321 &); echo begun; sleep 4321', { timeoutMs: 5_000 })
    .catch((cause: unknown) => cause)
  expect(error).toMatchObject({ code: 'ERR_FLEDGE_TIMEOUT', stdout: 'begun\n' })
  await vm.waitUntilFails(['pgrep', '-x', 'sleep'], { timeoutMs: 60_000 })
  await vm.succeed('sleep 600 & echo begun', { timeoutMs: 60_000 })
  await vm.succeed(['pgrep', '-x', 'sleep'])
})

test('files are copied in and out, and folders shared', async ({ image, folder }) => {
  await writeFile(join(folder, 'hello'), 'from the host\n')
  await using vm = await launch(image, {
    ...overSsh,
    shares: { '/mnt/it': folder, '/mnt/over': { source: folder, access: 'overlay' } },
  })
  expect((await vm.succeed('cat /mnt/it/hello; touch /mnt/over/new')).stdout).toBe('from the host\n')
  await vm.fail('touch /mnt/it/new')
  await vm.copyFromHost(folder, '/root/copy')
  await vm.copyFromMachine('/root/copy/hello', join(folder, 'back'))
  expect(await readFile(join(folder, 'back'), 'utf8')).toBe('from the host\n')
})

test.describe('at length', () => {
  test.skip(!process.env['FLEDGE_TEST_ALL'], 'It takes minutes; FLEDGE_TEST_ALL=1 runs it')

  test('its disk and its file system have grown', async ({ vm }) => {
    const { stdout } = await vm.succeed('cat /sys/class/block/vda/size; df -P -k / | tail -n 1')
    const [disk = '', fileSystem = ''] = stdout.split('\n')
    expect(Number(disk) / 2 ** 21).toBe(8)
    expect(Number(fileSystem.split(/ +/)[1]) / 2 ** 20).toBeGreaterThan(7)
  })

  test('thirty commands at once', async ({ vm }) => {
    const codes = await Promise.all(
      Array.from({ length: 30 }, async (_, code) => (await vm.execute(`sleep 1; exit ${code}`)).exitCode),
    )
    expect(codes).toEqual(Array.from({ length: 30 }, (_, code) => code))
  })

  test('a terminal has its size, and signals reach what is spawned', async ({ vm }) => {
    const call = await vm.spawn('stty size; read -r line; echo "got $line"', {
      terminal: { rows: 33, columns: 101 },
    })
    let said = ''
    call.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    call.stdin?.write('a line\n')
    expect(await call.exited).toMatchObject({ exitCode: 0 })
    expect(said).toContain('33 101')
    expect(said).toContain('got a line')
    const sleeper = await vm.spawn(['sleep', '1000'])
    sleeper.signal('SIGTERM')
    expect(await sleeper.exited).toEqual({ signal: 'SIGTERM', timedOut: false })
  })

  test('files, ports and units are waited for, and the clock is set', async ({ vm }) => {
    await vm.waitForUnit('ssh.service')
    await vm.waitForOpenPort(22)
    await vm.waitForClosedPort(9)
    await vm.waitForOpenUnixSocket('/run/dbus/system_bus_socket')
    await Promise.all([vm.waitForFile('/tmp/there'), vm.succeed('sleep 1; touch /tmp/there')])
    await vm.systemctl('stop systemd-timesyncd')
    await vm.clock.set(new Date('2038-01-20T00:00:00Z'))
    expect((await vm.succeed('date -u +%Y-%m-%d')).stdout).toBe('2038-01-20\n')
  })

  test('the network lets nothing through when it is "none", and still the way in', async ({ image }) => {
    await using vm = await launch(image, { ...overSsh, network: 'none' })
    await vm.fail('timeout 5 bash -c "< /dev/tcp/10.0.2.2/22"')
    await vm.succeed('true')
  })

  test('verbs that answer at once do so, and block() is refused', async ({ vm }) => {
    // The lookalike has no tmp.mount and no display, and some have a test of their own.
    const others = new Set(['startJob', 'stopJob', 'block', 'reboot', 'shutdown', 'getWindowNames'])
    for (const [name, { begin, quick }] of Object.entries(endlessVerbs)) {
      if (!quick || others.has(name)) continue
      const error = await begin(vm, { timeoutMs: 60_000 }).then(
        () => undefined,
        (cause: unknown) => cause,
      )
      expect.soft(error, name).toBeUndefined()
    }
    await expect(vm.block()).rejects.toMatchObject({ code: 'ERR_FLEDGE_OPTION' })
    await vm.block({ nic: 1 })
    await vm.stopJob('systemd-timesyncd')
    await vm.startJob('systemd-timesyncd')
  })

  test('every verb that waits ends at its deadline, and leaves nothing that runs', async ({ vm }) => {
    const timeoutMs = 2_000
    // One takes no limit, and what is spawned has none.
    const others = new Set(['$', 'spawn'])
    for (const [name, { begin, quick }] of Object.entries(endlessVerbs)) {
      if (quick || others.has(name)) continue
      if (name === 'copyFromMachine') await vm.succeed('truncate -s 64G /root/huge')
      if (name === 'waitForClosedPort')
        await vm.succeed('systemd-run --collect --unit=nine --socket-property=ListenStream=9 sleep 1000')
      const start = performance.now()
      const end = await begin(vm, { timeoutMs }).catch((cause: unknown) => cause)
      expect.soft(end, name).toMatchObject({ code: 'ERR_FLEDGE_TIMEOUT' })
      expect.soft(performance.now() - start, name).toBeLessThan(3 * timeoutMs)
    }
    await vm.waitUntilFails(['pgrep', '-x', 'tar'], { timeoutMs: 60_000 })
    expect((await vm.succeed('echo well')).stdout).toBe('well\n')
  })

  test('reboot, shutdown and start come back with the name, the shares and the time; a crash fails what is pending', async ({
    image,
    folder,
  }) => {
    await writeFile(join(folder, 'hello'), 'from the host\n')
    await using vm = await launch(image, { ...overSsh, shares: { '/mnt/it': folder } })
    const isWhole = async (): Promise<string> => {
      expect((await vm.succeed('hostname; cat /mnt/it/hello /root/kept')).stdout).toBe(
        `${vm.name}\nfrom the host\nof before\n`,
      )
      expect(Math.abs((await vm.clock.read()).getTime() - Date.now())).toBeLessThan(60_000)
      return (await vm.succeed(bootId)).stdout
    }
    await vm.succeed('echo of before > /root/kept; sync')
    const first = await isWhole()
    const call = await vm.spawn('sleep 1000')
    const lost = call.exited.catch((error: unknown) => error)
    await vm.reboot()
    // systemd ends what runs in the session, or the reset cuts its connection.
    expect([{ signal: 'SIGTERM', timedOut: false }, 'ERR_FLEDGE_SSH']).toContainEqual(
      await lost.then((end) => (end instanceof Error && 'code' in end ? end.code : end)),
    )
    const second = await isWhole()
    expect(second).not.toBe(first)

    await vm.shutdown()
    await expect(vm.execute('true')).rejects.toMatchObject({ code: 'ERR_FLEDGE_MACHINE_DIED' })
    await vm.start()
    expect(await isWhole()).not.toBe(second)

    const pending = await vm.spawn('sleep 1000')
    const ended = pending.exited.catch((error: unknown) => error)
    await vm.crash()
    expect(await ended).toMatchObject({ code: 'ERR_FLEDGE_MACHINE_DIED' })
  })

  test('a machine boots cold, and is asked as soon as its SSH server answers', async ({ image, folder }) => {
    await writeFile(join(folder, 'hello'), 'from the host\n')
    await using vm = await launch(image, { ...overSsh, cold: true, shares: { '/mnt/it': folder } })
    expect((await vm.succeed('hostname; cat /mnt/it/hello')).stdout).toBe(`${vm.name}\nfrom the host\n`)
    await vm.waitForUnit('multi-user.target')
    await vm.fail('pgrep -x fledge-agent || ls /usr/lib/fledge')
  })
})

checkLeaks()
