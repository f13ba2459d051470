import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { normalizeLaunchOptions } from '../../src/machine/launch-options.ts'
import { templateFor } from '../../src/machine/template-for.ts'
import { freeze, type FreezeFiles } from '../../src/template/freeze.ts'
import type { Template } from '../../src/template/template.ts'
import { ownChildren } from '../fixtures/leaks.ts'
import { expect, image, test as base } from '../fixtures/machine.ts'
import { ownedClone } from '../fixtures/owned-clone.ts'
import { checkLeaks } from '../fixtures/leaks.ts'

const test = base.extend<{ folder: string; template: Template }>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'fledge-standstill-'))
    await use(folder)
    await rm(folder, { recursive: true })
  },
  template: async ({}, use) => {
    await use((await templateFor(image, normalizeLaunchOptions({}))).template)
  },
})

function filesOf(folder: string, template: Template): FreezeFiles {
  const [memory, devices, sideMemory] = ['memory', 'devices', 'side'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  return { parentMemory: join(template.folder, 'memory'), memory, devices, sideMemory }
}

test('a machine that was paused behind our back is told as such, and runs on', async () => {
  await using clone = await ownedClone()
  const { owned, vm } = clone
  await owned.qmp.run('stop')
  const late = { code: 'ERR_FLEDGE_TIMEOUT', lastSeen: expect.stringContaining('the machine is paused') }
  await expect(vm.execute('true', { timeoutMs: 300 })).rejects.toMatchObject({
    ...late,
    message: expect.stringContaining('the machine is paused'),
  })
  await expect(vm.waitForFile('/never', { timeoutMs: 300 })).rejects.toMatchObject(late)
  // QEMU itself answers.
  expect((await vm.screenshot()).length).toBeGreaterThan(0)
  expect(owned.over).toBeUndefined()

  await owned.qmp.run('cont')
  await vm.succeed('true')
  const slow = await vm.execute('sleep 1000', { timeoutMs: 300 }).catch((error: unknown) => error)
  expect(slow).not.toHaveProperty('lastSeen')
})

test('a freeze has its limit while QEMU is stopped', async ({ folder, template }) => {
  await using clone = await ownedClone()
  process.kill(clone.owned.pid, 'SIGSTOP')
  await expect(freeze(clone.owned, filesOf(folder, template), { timeoutMs: 1_000 })).rejects.toMatchObject({
    code: 'ERR_FLEDGE_BAKE',
    message: 'Cannot freeze "owned": it did not end within 1 s: QEMU is stopped (SIGSTOP)',
    hint: expect.any(String),
  })
})

test('a freeze fails at once when QEMU is killed, and when the kernel has panicked', async ({
  folder,
  template,
}) => {
  for (const [end, reason] of [
    [(pid: number) => void process.kill(pid, 'SIGKILL'), 'ERR_FLEDGE_MACHINE_DIED'],
    [undefined, 'ERR_FLEDGE_GUEST_PANIC'],
  ] as const) {
    await using clone = await ownedClone()
    const { owned, vm } = clone
    if (end) end(owned.pid)
    else await vm.execute('echo c > /proc/sysrq-trigger; sleep 1000').catch(() => {})
    await expect(freeze(owned, filesOf(folder, template), { timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'ERR_FLEDGE_BAKE',
      message: expect.stringContaining('Cannot freeze "owned": '),
      cause: expect.objectContaining({ code: reason }),
    })
  }
})

test('a template whose files go while it is cloned is an error, and ends nothing else', async ({
  folder,
  template,
}) => {
  const place = join(folder, 'templates', 'half')
  await mkdir(place, { recursive: true })
  for (const name of ['memory', 'devices', 'disk.qcow2']) {
    await symlink(join(template.folder, name), join(place, name))
  }
  for (const name of ['images', 'prepared'])
    await symlink(join(template.folder, '../..', name), join(folder, name))
  await expect(ownedClone({ ...template, folder: place })).rejects.toThrow(/side-memory/)
  expect(await ownChildren()).toEqual([])
  expect(await readdir(place)).toHaveLength(3)
})

checkLeaks()
