import { open } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from '@playwright/test'

import { qemuCapabilities } from '../../../src/qemu/capabilities.ts'
import { chassisArguments } from '../../../src/qemu/chassis.ts'
import { emptyQcow2 } from '../../../src/qemu/qcow2.ts'
import { QemuProcess } from '../../../src/qemu/qemu-process.ts'
import { checkLeaks, ownChildren } from '../../fixtures/leaks.ts'
import { test } from '../test-in-folder.ts'

test('a QEMU that waits to be started has talked to a TPM, which ends with it', async ({ folder }) => {
  const qemu = await qemuCapabilities()
  const [memoryFile, overlayFile, stateFile] = [join(folder, 'm'), join(folder, 'o'), join(folder, 's')]
  await using memory = await open(memoryFile, 'w+')
  await memory.truncate(2 ** 28)
  await using overlay = await open(overlayFile, 'w+')
  await using state = await open(stateFile, 'w+')
  const chassis = {
    machine: qemu.machine,
    accelerator: 'tcg',
    cpu: 'qemu64',
    cpus: 1,
    memoryMiB: 256,
  } as const
  const backends = { disk: [], emptyFolder: folder, shares: [], network: 'none', incoming: false } as const
  await overlay.write(emptyQcow2(2 ** 20))
  const args = chassisArguments(qemu, { ...chassis, tpm: true }, { ...backends, memoryFile })
  const machine = new QemuProcess({ path: qemu.path, args, overlay: overlay.fd, tpmState: state.fd })
  try {
    await machine.qmp.connect()
    const told = await machine.qmp.run('human-monitor-command', { 'command-line': 'info tpm' })
    expect(told).toContain('model=tpm-crb')
    expect(await ownChildren(process.pid, /^swtpm/)).toHaveLength(1)
    expect((await state.stat()).size).toBeGreaterThan(0)
  } finally {
    machine.kill()
    await machine.exited
  }
  await expect.poll(() => ownChildren(process.pid, /^swtpm/)).toEqual([])
})

checkLeaks()
