import { constants, existsSync } from 'node:fs'
import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { chooseAccelerator, kvmVerdict, rejectKvm } from '../../../src/qemu/accelerator.ts'
import type { QemuCapabilities } from '../../../src/qemu/capabilities.ts'
import { tryKvm } from '../../../src/qemu/try-kvm.ts'
import type { NoticeMessage } from '../../../src/util/notice.ts'
import { messagesOf } from '../messages-of.ts'
import { test } from '../test-in-folder.ts'
import { program } from './fake-qemu.ts'

const qemuAt = (path: string): QemuCapabilities => ({
  path,
  version: '7.2.22',
  package: '',
  machine: 'pc-i440fx-7.2',
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

test('kvmVerdict() is remembered, and can be corrected', async ({ folder, cache }) => {
  const opens = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
  test.skip(!opens, '/dev/kvm cannot be opened here, and that is not remembered')
  const qemu = qemuAt(await program(folder, 'qemu', brokenMsr))
  const verdict = await kvmVerdict(qemu)
  expect(verdict).toMatchObject({ works: false, reason: expect.stringContaining('/dev/kvm opens, but') })
  expect(await readdir(join(cache, 'host'))).toEqual([expect.stringMatching(/^kvm-[0-9a-f]{16}\.json$/)])
  await rejectKvm(qemu, 'a kernel could not run')
  expect(await kvmVerdict(qemu)).toEqual({ works: false, reason: 'a kernel could not run' })
  // Another QEMU, another verdict.
  expect(await kvmVerdict(qemuAt(await program(folder, 'other', brokenMsr)))).toEqual(verdict)
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
    expect(await tryKvm({ path }, failure?.includes('500 ms') ? 500 : 20_000)).toBe(failure)
  })
}

test('tryKvm() tells of a QEMU that does not start', async ({ folder }) => {
  expect(await tryKvm({ path: join(folder, 'nothing') })).toMatch(/^QEMU did not start: .*ENOENT/)
})
