import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { checkLeaks } from '../../fixtures/leaks.ts'
import { atLeast, qemuCapabilities } from '../../../src/qemu/capabilities.ts'
import { test } from '../test-in-folder.ts'
import { fakeQemu, program } from './fake-qemu.ts'

const starts = async (folder: string): Promise<number> =>
  (await readFile(join(folder, 'starts'), 'utf8').catch(() => '')).length

// Worker processes are shared, tests in them are not concurrent.
test.beforeEach(({ cache }) => void cache)
test.afterEach(() => {
  delete process.env['FLEDGE_QEMU']
})

for (const [version, least, expected] of [
  ['7.2.0', '7.2.0', true],
  ['7.2.1', '7.2.0', true],
  ['7.10.0', '7.2.0', true],
  ['10.0.0', '7.2.0', true],
  ['7.1.99', '7.2.0', false],
  ['6.9.9', '7.2.0', false],
  ['8.2', '8.2.0', true],
  ['8', '8.2.0', false],
] as const) {
  test(`atLeast() says ${expected} of ${version} for ${least}`, () => {
    expect(atLeast(version, least)).toBe(expected)
  })
}

test('qemuCapabilities() tells what QEMU says of itself', async ({ folder }) => {
  process.env['FLEDGE_QEMU'] = await fakeQemu(folder)
  expect(await qemuCapabilities()).toEqual({
    path: join(folder, 'qemu'),
    version: '7.2.22',
    package: 'Debian 1:fake',
    machine: 'pc-i440fx-7.2',
    q35: 'q35',
    devices: ['isa-serial', 'virtio-rng-pci'],
    netdevs: ['user', 'hubport'],
    commands: ['cont', 'stop'],
    readonlyMemory: false,
  })
})

test('qemuCapabilities() knows what a newer QEMU can do', async ({ folder }) => {
  process.env['FLEDGE_QEMU'] = await fakeQemu(folder, { version: [10, 0, 2] })
  expect(await qemuCapabilities()).toMatchObject({
    version: '10.0.2',
    machine: 'pc-i440fx-10.0',
    readonlyMemory: true,
  })
})

test('qemuCapabilities() refuses a QEMU that is too old, and does not remember it', async ({ folder }) => {
  process.env['FLEDGE_QEMU'] = await fakeQemu(folder, { version: [7, 1, 0] })
  for (const _ of [1, 2]) {
    await expect(qemuCapabilities()).rejects.toMatchObject({
      code: 'ERR_FLEDGE_QEMU',
      message: 'Cannot use QEMU 7.1.0: fledge needs 7.2.0 or newer',
      hint: expect.stringContaining('FLEDGE_QEMU'),
    })
  }
  expect(await starts(folder)).toBe(2)
})

test('qemuCapabilities() tells the last words of a QEMU that ends at once', async ({ folder }) => {
  process.env['FLEDGE_QEMU'] = await fakeQemu(folder, { lastWords: 'qemu: cannot load libfoo.so\n' })
  await expect(qemuCapabilities()).rejects.toMatchObject({
    code: 'ERR_FLEDGE_QEMU',
    message: `Cannot ask "${join(folder, 'qemu')}" what it can do: qemu: cannot load libfoo.so`,
  })
})

test('qemuCapabilities() waits for all of the last words', async ({ folder }) => {
  const late = `require('node:fs').writeSync(2, 'x'.repeat(200_000)); require('node:fs').writeSync(2, 'the end')`
  process.env['FLEDGE_QEMU'] = await program(folder, 'late', late)
  await expect(qemuCapabilities()).rejects.toThrow(/xxthe end$/)
})

test('qemuCapabilities() tells of a program that cannot be run, or speaks otherwise', async ({ folder }) => {
  const path = join(folder, 'text')
  await writeFile(path, 'no program')
  process.env['FLEDGE_QEMU'] = path
  await expect(qemuCapabilities()).rejects.toMatchObject({
    code: 'ERR_FLEDGE_QEMU',
    message: expect.stringContaining('Permission denied'),
  })
  await writeFile(path, '#!/bin/sh\necho hello; exec sleep 100\n')
  await chmod(path, 0o755)
  await expect(qemuCapabilities()).rejects.toMatchObject({
    code: 'ERR_FLEDGE_QEMU',
    cause: { cause: { message: expect.stringContaining('hello') } },
  })
})

test('qemuCapabilities() says where it looked for a QEMU', async ({ folder }) => {
  process.env['FLEDGE_QEMU'] = join(folder, 'nothing')
  await expect(qemuCapabilities()).rejects.toMatchObject({
    code: 'ERR_FLEDGE_TOOL_MISSING',
    message: expect.stringContaining(join(folder, 'nothing')),
    hint: expect.stringContaining('unset'),
  })
  delete process.env['FLEDGE_QEMU']
  const before = process.env['PATH']
  process.env['PATH'] = folder
  try {
    await expect(qemuCapabilities()).rejects.toMatchObject({
      code: 'ERR_FLEDGE_TOOL_MISSING',
      hint: expect.stringContaining('apt-get install qemu-system-x86'),
    })
  } finally {
    process.env['PATH'] = before
  }
})

test('qemuCapabilities() asks each program once, and again when its file changes', async ({ folder }) => {
  process.env['FLEDGE_QEMU'] = await fakeQemu(folder)
  const first = await qemuCapabilities()
  expect(await qemuCapabilities()).toEqual(first)
  expect(await starts(folder)).toBe(1)
  await fakeQemu(folder, { version: [9, 2, 0] })
  expect((await qemuCapabilities()).version).toBe('9.2.0')
  expect(await starts(folder)).toBe(2)
})

checkLeaks()
