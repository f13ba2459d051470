import { existsSync } from 'node:fs'
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { chooseAccelerator, kvmVerdict, rejectKvm } from '../../../src/qemu/accelerator.ts'
import type { QemuCapabilities } from '../../../src/qemu/capabilities.ts'
import { tryKvm } from '../../../src/qemu/try-kvm.ts'
import type { NoticeMessage } from '../../../src/util/notice.ts'
import { compileLibrary } from '../compiled-library.ts'
import { messagesOf } from '../messages-of.ts'
import { test } from '../test-in-folder.ts'
import { program } from './fake-qemu.ts'

const qemuAt = (path: string): QemuCapabilities => ({
  path,
  version: '7.2.22',
  package: '',
  machine: 'pc-i440fx-7.2',
  q35: 'pc-q35-7.2',
  devices: [],
  netdevs: [],
  commands: [],
  readonlyMemory: false,
})

const brokenMsr = `
  process.stderr.write('qemu: error: failed to set MSR 0xe1 to 0x0\\nqemu: Assertion failed.\\n')
  process.kill(process.pid, 'SIGABRT')`

test.beforeEach(({ cache }) => void cache)

test('chooseAccelerator() with "tcg" looks at nothing', async ({ folder, cache }) => {
  const qemu = qemuAt(await program(folder, 'qemu', brokenMsr))
  const notices = await messagesOf('fledge:notice', async () => {
    expect(await chooseAccelerator(qemu, 'tcg')).toBe('tcg')
  })
  expect(notices).toEqual([])
  expect([existsSync(join(folder, 'starts')), existsSync(cache)]).toEqual([false, false])
})

test('chooseAccelerator() with "kvm" refuses where it does not work, and says what else to use', async ({
  folder,
}) => {
  const qemu = qemuAt(await program(folder, 'qemu', brokenMsr))
  await expect(chooseAccelerator(qemu, 'kvm')).rejects.toMatchObject({
    code: 'ERR_FLEDGE_ACCELERATOR',
    message: expect.stringMatching(/^Cannot use KVM: .*\/dev\/kvm/),
    hint: expect.stringContaining('"tcg"'),
  })
})

test('chooseAccelerator() with "auto" falls back, and says why', async ({ folder }) => {
  const qemu = qemuAt(await program(folder, 'qemu', brokenMsr))
  const notices = await messagesOf<NoticeMessage>('fledge:notice', async () => {
    expect(await chooseAccelerator(qemu, 'auto')).toBe('tcg')
  })
  const { reason } = await kvmVerdict(qemu)
  expect(notices).toEqual([
    {
      message: `KVM does not work here (${reason}); machines are emulated and several times slower`,
      hint: expect.stringContaining('FLEDGE_ACCELERATOR=tcg'),
    },
  ])
})

/** What opens, and a CPU, as on a host with KVM. */
async function kvmHost(folder: string): Promise<{ device: string; cpuInfo: string }> {
  const cpuInfo = join(folder, 'cpuinfo')
  await writeFile(cpuInfo, 'model name\t: one\nflags\t\t: fpu vmx sse\n')
  return { device: '/dev/null', cpuInfo }
}

test('kvmVerdict() is remembered, and can be corrected', async ({ folder, cache }) => {
  const host = await kvmHost(folder)
  const qemu = qemuAt(await program(folder, 'qemu', brokenMsr))
  const verdict = await kvmVerdict(qemu, host)
  expect(verdict).toMatchObject({ works: false, reason: expect.stringContaining('/dev/kvm opens, but') })
  expect(await readdir(join(cache, 'host'))).toEqual([expect.stringMatching(/^kvm-[0-9a-f]{16}\.json$/)])
  await rejectKvm(qemu, 'a kernel could not run', host)
  expect(await kvmVerdict(qemu, host)).toEqual({ works: false, reason: 'a kernel could not run' })
  // Another QEMU, another verdict.
  expect(await kvmVerdict(qemuAt(await program(folder, 'other', brokenMsr)), host)).toEqual(verdict)
})

test('kvmVerdict() is found anew on demand, and that is remembered', async ({ folder }) => {
  const host = await kvmHost(folder)
  const qemu = qemuAt(await program(folder, 'qemu', `process.stdout.write('SeaBIOS')`))
  await rejectKvm(qemu, 'a kernel could not run', host)
  expect((await kvmVerdict(qemu, { ...host, again: true })).works).toBe(true)
  expect((await kvmVerdict(qemu, host)).works).toBe(true)
})

test('kvmVerdict() remembers neither a firmware that took too long nor what the CPU shows', async ({
  folder,
  cache,
}) => {
  const host = await kvmHost(folder)
  const qemu = qemuAt(await program(folder, 'qemu', `setTimeout(() => {}, 60_000)`))
  const slow = await kvmVerdict(qemu, { ...host, patienceMs: 300 })
  expect(slow).toEqual({ works: false, reason: expect.stringContaining('said nothing in 300 ms') })
  await writeFile(host.cpuInfo, 'flags : fpu sse\n')
  const bare = await kvmVerdict(qemu, host)
  expect(bare).toEqual({ works: false, reason: expect.stringContaining('neither vmx nor svm') })
  expect(existsSync(cache)).toBe(false)
})

for (const [what, script, failure] of [
  [
    'says its name',
    `process.stdout.write('SeaB'); setTimeout(() => process.stdout.write('IOS (version'), 50)`,
    undefined,
  ],
  ['dies with a message', brokenMsr, 'QEMU ended under it: qemu: error: failed to set MSR 0xe1 to 0x0'],
  ['dies without one', `process.exit(1)`, 'QEMU ended under it: without a word'],
  ['says nothing', `setTimeout(() => {}, 60_000)`, 'firmware said nothing in 500 ms under it'],
  [
    'says something else',
    `process.stdout.write('iPXE'); setTimeout(() => {}, 60_000)`,
    'firmware said nothing in 500 ms under it',
  ],
] as const) {
  test(`tryKvm() with a firmware that ${what}`, async ({ folder }) => {
    const path = await program(folder, 'qemu', script)
    expect(await tryKvm({ path }, failure?.includes('500 ms') ? 500 : 20_000)).toEqual(
      failure && { reason: failure, timedOut: failure.includes('500 ms') },
    )
  })
}

test('tryKvm() tells of a QEMU that does not start', async ({ folder }) => {
  const failure = await tryKvm({ path: join(folder, 'nothing') })
  expect(failure?.reason).toMatch(/^QEMU ended under it: setpriv: .*No such file/)
})

test('a QEMU that is asked or tried ends with the process that started it', async ({ folder }) => {
  await using library = await compileLibrary()
  const path = join(folder, 'qemu')
  // It heeds no end of input; without its file it ends, should nothing else end it.
  await writeFile(
    path,
    `#!/bin/sh\necho $$ >> ${join(folder, 'pids')}\nwhile [ -e "$0" ]; do sleep 1; done\n`,
  )
  await chmod(path, 0o755)
  const child = library.run(
    `
    process.env.FLEDGE_QEMU = process.argv[1]
    process.env.FLEDGE_CACHE = process.argv[1] + '-cache'
    const { qemuCapabilities } = await library('qemu/capabilities.js')
    const { tryKvm } = await library('qemu/try-kvm.js')
    await Promise.all([qemuCapabilities(), tryKvm({ path: process.argv[1] }, 60_000)])`,
    path,
  )
  const pids = async (): Promise<string[]> =>
    (await readFile(join(folder, 'pids'), 'utf8').catch(() => '')).split('\n').filter(Boolean)
  await expect.poll(pids, { timeout: 20_000 }).toHaveLength(2)
  const started = await pids()
  child.kill('SIGKILL')
  await expect
    .poll(() => started.filter((pid) => existsSync(`/proc/${pid}/fd/0`)), { timeout: 20_000 })
    .toEqual([])
})

checkLeaks()
