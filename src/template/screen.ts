import { open } from 'node:fs/promises'

import type { QmpClient } from '../qemu/qmp-client.ts'
import { dataRuns } from './copy-memory.ts'
import { readWhole, type Mapping, type MemoryRun } from './private-pages.ts'

/** The PCI class of a VGA-compatible display. */
const displayClass = 0x0300

/**
 * Finds the video memory of a machine's screen in its QEMU. It is no part of the guest's memory, and
 * `xen-save-devices-state` leaves it out, so that a clone would be black until it draws.
 */
export async function findScreen(qmp: QmpClient): Promise<Mapping> {
  const buses = await qmp.run('query-pci')
  const display = buses
    .flatMap(({ devices }) => devices)
    .find(({ class_info }) => class_info.class === displayClass)
  const region = display?.regions.find(({ bar }) => bar === 0)
  if (!region) throw new Error('Cannot find the display among the PCI devices')
  const command = `gpa2hva 0x${region.address.toString(16)}`
  const answer = await qmp.run('human-monitor-command', { 'command-line': command })
  const address = /is (0x[0-9a-f]+)/.exec(answer)?.[1]
  if (address === undefined) throw new Error(`Cannot find the video memory: ${answer.trim()}`)
  return { address: Number(address), length: region.size }
}

/** Reads what the video memory of a stopped machine holds besides zeros. */
export async function readScreen(
  pid: number,
  { address, length }: Mapping,
): Promise<{ runs: MemoryRun[]; bytes: Buffer }> {
  await using memory = await open(`/proc/${pid}/mem`)
  const whole = Buffer.allocUnsafe(length)
  await readWhole(memory, whole, address)
  const runs = dataRuns(whole)
  return {
    runs,
    bytes: Buffer.concat(runs.map((run) => whole.subarray(run.offset, run.offset + run.length))),
  }
}

/** Puts a picture into a clone that has not drawn yet. */
export async function writeScreen(
  pid: number,
  { address }: Mapping,
  runs: readonly MemoryRun[],
  bytes: Buffer,
): Promise<void> {
  await using memory = await open(`/proc/${pid}/mem`, 'r+')
  let at = 0
  for (const { offset, length } of runs) {
    await memory.write(bytes, at, length, address + offset)
    at += length
  }
}
