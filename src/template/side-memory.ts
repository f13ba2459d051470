import { open } from 'node:fs/promises'

import { EnvironmentError } from '../errors.ts'
import type { QmpClient } from '../qemu/qmp-client.ts'
import { dataRuns } from '../util/data-pages.ts'
import type { Extent } from '../util/extent.ts'
import { readWhole, writeWhole } from '../util/whole-io.ts'
import type { Mapping } from './private-pages.ts'

/**
 * Memory of devices that is no part of the guest's RAM, and that `xen-save-devices-state` leaves out. A clone without the
 * screen's would be black until it draws; one without the firmware's, which QEMU leaves empty when it takes in frozen
 * state, would hang at its first reboot.
 */
type SideRegion = 'screen' | 'firmware'

/** A run of bytes in one region. */
export interface SideMemoryRun extends Extent {
  readonly region: SideRegion
}

/** Where a QEMU process has each region. The flash chips of UEFI are none: QEMU fills them from their files at every start. */
export type SideMemory = Readonly<Partial<Record<SideRegion, Mapping>>>

/** The PCI class of a VGA-compatible display. */
const displayClass = 0x0300
/** The firmware ends where the addresses of 32 bits do: the processor starts just below. */
const firmwareEnd = 2 ** 32

/** Finds the regions in a running QEMU. */
export async function findSideMemory(qmp: QmpClient): Promise<SideMemory> {
  const [buses, blocks] = await Promise.all([
    qmp.run('query-pci'),
    qmp.run('human-monitor-command', { 'command-line': 'info ramblock' }),
  ])
  const devices = buses.flatMap((bus) => bus.devices)
  const display = devices.find(({ class_info }) => class_info.class === displayClass)
  const video = display?.regions.find(({ bar }) => bar === 0)
  if (!video) throw unclear('the display among the PCI devices')
  if (hasBlock(blocks, 'system.flash0'))
    return { screen: { address: await hostAddress(qmp, video.address), length: video.size } }
  const firmware = blockSize(blocks, 'pc.bios')
  const [screen, start] = await Promise.all([
    hostAddress(qmp, video.address),
    hostAddress(qmp, firmwareEnd - firmware),
  ])
  return { screen: { address: screen, length: video.size }, firmware: { address: start, length: firmware } }
}

/** Reads what the regions of a stopped machine hold besides zeros. */
export async function readSideMemory(
  pid: number,
  regions: SideMemory,
): Promise<{ runs: SideMemoryRun[]; bytes: Buffer }> {
  await using memory = await open(`/proc/${pid}/mem`)
  const runs: SideMemoryRun[] = []
  const parts: Buffer[] = []
  for (const region of ['screen', 'firmware'] as const) {
    const mapping = regions[region]
    if (!mapping) continue
    const { address, length } = mapping
    const whole = Buffer.allocUnsafe(length)
    await readWhole(memory, whole, address)
    for (const run of dataRuns(whole)) {
      runs.push({ region, ...run })
      parts.push(whole.subarray(run.offset, run.offset + run.length))
    }
  }
  return { runs, bytes: Buffer.concat(parts) }
}

/** Fills the regions of a clone that has hardly run yet. */
export async function writeSideMemory(
  pid: number,
  regions: SideMemory,
  runs: readonly SideMemoryRun[],
  bytes: Buffer,
): Promise<void> {
  await using memory = await open(`/proc/${pid}/mem`, 'r+')
  let at = 0
  for (const { region, offset, length } of runs) {
    // Not what the manifest says, but what is there is written to.
    const mapping = regions[region]
    if (!mapping || offset + length > mapping.length || at + length > bytes.length) {
      throw new EnvironmentError(
        'ERR_FLEDGE_CLONE',
        `Cannot fill the ${region} of a clone: the template has another`,
      )
    }
    await writeWhole(memory, bytes.subarray(at, at + length), mapping.address + offset)
    at += length
  }
}

/** Reads `pc.bios  4 KiB  0x0000000040000000 0x0000000000040000 0x0000000000040000` from `info ramblock`: the last is its size. */
export function blockSize(table: string, name: string): number {
  const row = rowOf(table, name)
  const [, used] = row?.match(/0x[0-9a-f]+/gi) ?? []
  if (used === undefined) throw unclear(`the memory block "${name}"`)
  return Number(used)
}

function hasBlock(table: string, name: string): boolean {
  return rowOf(table, name) !== undefined
}

function rowOf(table: string, name: string): string | undefined {
  return table.split('\n').find((line) => line.trim().startsWith(`${name} `))
}

async function hostAddress(qmp: QmpClient, guestAddress: number): Promise<number> {
  const command = `gpa2hva 0x${guestAddress.toString(16)}`
  const answer = await qmp.run('human-monitor-command', { 'command-line': command })
  const address = /is (0x[0-9a-f]+)/.exec(answer)?.[1]
  if (address === undefined) throw unclear(`guest memory: ${answer.trim()}`)
  return Number(address)
}

function unclear(what: string): EnvironmentError {
  return new EnvironmentError('ERR_FLEDGE_QEMU', `Cannot find in QEMU ${what}`, {
    hint: 'Tell us the version of QEMU, which "fledge doctor" shows',
  })
}
