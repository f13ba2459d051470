import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { attach, launch, listMachines, serveMachine } from '../../src/index.ts'
import { openSealedRun } from '../../src/owner/remote/sealed-run.ts'
import { reachOwner } from '../../src/owner/remote/reach-owner.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { expect, image, test as base } from '../fixtures/machine.ts'
import { ownOwner, type OwnOwner } from '../fixtures/own-owner.ts'

const test = base.extend<{ owner: OwnOwner; folder: string }>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'fledge-owner-'))
    await use(folder)
    await rm(folder, { recursive: true })
  },
  owner: async ({}, use) => {
    await using owner = await ownOwner()
    await use(owner)
  },
})

test('a kept machine is held by a process of its own, and has all verbs', async ({ owner }) => {
  const vm = await launch(image, { keep: true, name: 'kept', shares: { '/mnt': import.meta.dirname } })
  expect(owner.pid()).toBeGreaterThan(1)
  expect((await vm.succeed('hostname; ls /mnt')).stdout).toContain('kept\n')
  expect((await vm.succeed('ls /mnt')).stdout).toContain('owner.spec.ts')
  await vm.copyFromHost(import.meta.filename, '/root/copy')
  expect((await vm.succeed('wc -c < /root/copy')).stdout.trim()).not.toBe('0')
  expect((await vm.screenshot()).subarray(1, 4).toString()).toBe('PNG')
  expect(await vm.qmp('query-status')).toMatchObject({ running: true })
  await vm.sendConsole('\n')
  await vm.reboot()
  await vm.waitForUnit('multi-user.target')
  expect((await vm.succeed('hostname; ls /mnt')).stdout).toContain('owner.spec.ts')
  await vm.shutdown()
  expect(vm.isUp()).toBe(false)
  await vm.saveDisk(join(owner.folder, 'disk.qcow2'))
  await vm.start()
  expect((await vm.succeed('ls /root')).stdout).toBe('copy\n')
  await vm.crash()
  await expect(vm.succeed('true')).rejects.toMatchObject({ code: 'ERR_FLEDGE_MACHINE_DIED' })
  await vm.stop()
  expect((await listMachines()).machines).toEqual([])
})

test('several ask one machine at once, and each hears of its end', async ({ owner }) => {
  expect(owner.pid()).toBeUndefined()
  const first = await launch(image, { keep: true, name: 'web' })
  const second = await attach('web')
  expect(second.identity).toBe(first.identity)
  const both = await Promise.all([first.succeed('echo first'), second.succeed('echo second')])
  expect(both.map(({ stdout }) => stdout)).toEqual(['first\n', 'second\n'])
  const { machines } = await listMachines()
  expect(machines).toMatchObject([{ name: 'web', image, state: 'running', kept: true }])
  const cut = first.succeed('sleep 1000')
  cut.catch(() => {})
  const third = await attach('web')
  expect((await third.succeed('echo third')).stdout).toBe('third\n')
  await third.detach()
  await third.detach()
  await expect(third.succeed('true')).rejects.toMatchObject({
    code: 'ERR_FLEDGE_STOPPED',
    message: 'The machine "web" was let go of here, and runs on',
  })
  {
    await using fourth = await attach('web')
    expect((await fourth.succeed('echo fourth')).stdout).toBe('fourth\n')
  }
  await second.stop()
  await expect(cut).rejects.toMatchObject({ machine: 'web', code: 'ERR_FLEDGE_MACHINE_DIED' })
  await first.stop()
  await expect(attach('web')).rejects.toMatchObject({ code: 'ERR_FLEDGE_NO_MACHINE' })
})

test('a name that two machines have is no name; an id is', async ({ owner }) => {
  expect(owner.pid()).toBeUndefined()
  const [one, two] = await Promise.all([
    launch(image, { keep: true, name: 'twin' }),
    launch(image, { keep: true, name: 'twin' }),
  ])
  await expect(attach('twin')).rejects.toMatchObject({
    code: 'ERR_FLEDGE_NO_MACHINE',
    message: expect.stringContaining('2 have that name'),
  })
  const { machines } = await listMachines()
  const other = await attach(machines.find(({ identity }) => identity === two.identity)?.id.slice(0, 8) ?? '')
  expect(other.identity).toBe(two.identity)
  await Promise.all([one.stop(), two.stop()])
})

/** A program that launches a machine, says its name, and stays. */
function program(options: object): string {
  return `
    import { launch } from ${JSON.stringify(join(import.meta.dirname, '../../dist/index.js'))}
    const vm = await launch('${image}', ${JSON.stringify(options)})
    console.log(vm.name)
    setInterval(() => {}, 1000)`
}

/** Starts it, and waits until it has its machine. */
async function start(options: object, env: object = {}): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  await once(child.stdout, 'data')
  return child
}

test('a kept machine outlives who launched it, and one that is not kept goes with its client', async ({
  owner,
}) => {
  const keeping = await start({ keep: true, name: 'stays' })
  using run = await openSealedRun({ projectFolder: '/nowhere', readable: [], writable: [] })
  const sealed = await start({ name: 'goes' }, { FLEDGE_OWNER: run.socket })
  expect((await listMachines()).machines.map(({ name }) => name).toSorted()).toEqual(['goes', 'stays'])
  for (const child of [keeping, sealed]) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await expect.poll(async () => (await listMachines()).machines.map(({ name }) => name)).toEqual(['stays'])
  const vm = await attach('stays')
  expect((await vm.succeed('hostname')).stdout).toBe('stays\n')
  await vm.stop()
  expect(owner.pid()).toBeGreaterThan(1)
})

test('when the owner is killed, its machines are gone at once, and who uses them is told', async ({
  owner,
}) => {
  const vm = await launch(image, { keep: true })
  const pid = owner.pid() ?? 0
  const qemu = (await listMachines()).machines[0]?.pid ?? 0
  const pending = vm.succeed('sleep 1000')
  pending.catch(() => {})
  await sleep(200)
  process.kill(pid, 'SIGKILL')
  await expect(pending).rejects.toMatchObject({ code: 'ERR_FLEDGE_MACHINE_DIED', machine: vm.name })
  await expect.poll(() => existsSync(`/proc/${qemu}`)).toBe(false)
  await vm.stop()
  // Its socket is still there, and stands in nobody's way.
  expect(readdirSync(owner.folder).filter((name) => name.endsWith('.sock'))).toHaveLength(1)
  expect((await listMachines()).machines).toEqual([])
  const next = await launch(image, { keep: true })
  expect((await next.succeed('echo again')).stdout).toBe('again\n')
  await next.stop()
})

test('an owner that is asked to end ends its machines', async ({ owner }) => {
  const vm = await launch(image, { keep: true })
  process.kill(owner.pid() ?? 0, 'SIGTERM')
  await owner.gone()
  await expect(vm.succeed('true')).rejects.toMatchObject({ machine: vm.name })
  await vm.stop()
  expect(readdirSync(owner.folder).filter((name) => name.endsWith('.sock'))).toEqual([])
})

test('of many that ask at the same time, one starts the owner', async ({ owner }) => {
  const owners = await Promise.all(Array.from({ length: 6 }, () => reachOwner()))
  expect(new Set(owners.map(({ path }) => path)).size).toBe(1)
  const running = execFileSync('pgrep', ['-f', `owner-process.js ${owner.folder}`])
    .toString()
    .trim()
  expect(running.split('\n')).toHaveLength(1)
  for (const each of owners) each[Symbol.dispose]()
})

test('a machine that belongs to this process cannot be let go of', async ({ vm }) => {
  await expect(vm.detach()).rejects.toMatchObject({ code: 'ERR_FLEDGE_OPTION' })
  await vm.succeed('true')
})

test('a machine of this process can be asked from others while it is served', async ({ owner, vm }) => {
  {
    await using _ = await serveMachine(vm)
    const other = await attach(vm.name)
    await other.succeed('touch /root/from-the-other')
    expect((await listMachines()).machines).toMatchObject([{ name: vm.name, kept: false }])
  }
  expect((await vm.succeed('ls /root')).stdout).toBe('from-the-other\n')
  await expect(attach(vm.name)).rejects.toMatchObject({ code: 'ERR_FLEDGE_NO_MACHINE' })
  expect(owner.pid()).toBeUndefined()
})

test('processes of another build are not talked to, and said', async ({ owner }) => {
  await mkdir(owner.folder, { mode: 0o700 })
  const other = createServer((socket) => {
    socket.resume().end(`${JSON.stringify({ build: '0.0.1+other' })}\n`)
  })
  other.listen(join(owner.folder, 'owner-other.sock'))
  await once(other, 'listening')
  const { machines, refusals } = await listMachines()
  expect(machines).toEqual([])
  expect(refusals).toMatchObject([
    { code: 'ERR_FLEDGE_OWNER', message: expect.stringContaining('it is fledge 0.0.1+other') },
  ])
  await expect(attach('web')).rejects.toMatchObject({ code: 'ERR_FLEDGE_OWNER' })
  other.close()
  await once(other, 'close')
})

test('a folder of sockets that others can look into is refused', async ({ owner }) => {
  await mkdir(owner.folder)
  await chmod(owner.folder, 0o755)
  await expect(listMachines()).rejects.toMatchObject({ code: 'ERR_FLEDGE_OWNER' })
  await rm(owner.folder, { recursive: true })
  await mkdir(`${owner.folder}-real`, { mode: 0o700 })
  await symlink(`${owner.folder}-real`, owner.folder)
  await expect(listMachines()).rejects.toMatchObject({ code: 'ERR_FLEDGE_OWNER' })
  await rm(owner.folder)
})

test('a sealed run is given what is its own, and records what that was', async ({ owner, folder }) => {
  expect(owner.pid()).toBeUndefined()
  const project = join(folder, 'project')
  await mkdir(project)
  await writeFile(join(project, 'file'), 'shared')
  await symlink('/etc/passwd', join(project, 'way-out'))
  using run = await openSealedRun({ projectFolder: project, readable: [], writable: [] })
  const kept = await launch(image, { keep: true, name: 'other' })
  const listener = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as { port: number }
  const program = join(import.meta.dirname, '../fixtures/programs/sealed-client.mjs')
  const child = spawn(process.execPath, [program, image, project, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // It sees no other sockets in a seal.
    env: {
      ...process.env,
      XDG_RUNTIME_DIR: folder,
      FLEDGE_OWNER: run.socket,
      FLEDGE_TEST_FILE: '/project/a.spec.ts',
    },
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  await once(child, 'close')
  listener.close()
  expect(JSON.parse(said)).toEqual({
    file: 'shared',
    linked: true,
    outside: 'ERR_FLEDGE_SEALED',
    other: 'ERR_FLEDGE_NO_MACHINE',
    monitor: 'ERR_FLEDGE_QEMU',
    udp: 'ERR_FLEDGE_OPTION',
    screen: 'PNG',
    loopback: 1,
    counted: ['5', '300000'],
  })
  expect(await run.launches()).toMatchObject([
    {
      file: '/project/a.spec.ts',
      image,
      templateKey: expect.stringMatching(/^[0-9a-f]{64}$/),
      options: { network: 'none' },
      sources: [{ path: project, digest: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    },
  ])
  // A control for the loopback: a machine that may reach it does.
  const control = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(control, 'listening')
  const open = (control.address() as { port: number }).port
  const line = `exec 3<> /dev/tcp/10.0.2.2/${open}`
  expect((await kept.execute(['bash', '-c', line])).exitCode).toBe(0)
  control.close()
  await kept.stop()
})

checkLeaks()
