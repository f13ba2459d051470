import { resolve } from 'node:path'

import { GuestError } from '../errors.ts'
import { writeDisk } from '../template/write-disk.ts'
import { cacheFault } from '../util/cache-fault.ts'
import { checkOptions, checkValue, text } from '../util/check-options.ts'
import { bounds, callChecks, withDeadline, type CallOptions } from '../util/with-deadline.ts'
import type { VerbContext } from './verb.ts'

/** Under KVM or not, the host does the work; a disk of some GiB takes some ten seconds. */
const defaultTimeoutMs = 600_000

/** Writes the root disk of a machine that has powered itself off to a qcow2 file, which rests on no other. */
export async function saveDisk(
  { owned, hooks }: VerbContext,
  findSource: () => Promise<string | undefined>,
  target: string,
  options: CallOptions,
): Promise<void> {
  checkValue('saveDisk', 'target', target, text)
  checkOptions('saveDisk', options, callChecks)
  const cannot = `Cannot save the disk of "${owned.name}"`
  const { timeoutMs = defaultTimeoutMs, signal } = bounds(options)
  const onTimeout = (): GuestError =>
    new GuestError('ERR_FLEDGE_TIMEOUT', `saveDisk ${target} did not end within ${timeoutMs} ms`, {
      machine: owned.name,
    })
  const run = async (): Promise<void> => {
    const source = owned.poweredOff && owned.over ? await findSource() : undefined
    if (source === undefined) {
      const ended = owned.poweredOff ? 'it was stopped' : 'it did not power itself off'
      const state = owned.over ? ended : 'it still runs'
      const hint = 'Its disk is whole after "shutdown" or "waitForShutdown", until "stop"'
      throw new GuestError('ERR_FLEDGE_DISK_SAVE', `${cannot}: ${state}`, { machine: owned.name, hint })
    }
    await withDeadline({ timeoutMs, signal, onTimeout }, (bounded) =>
      writeDisk(source, resolve(target), bounded),
    ).catch((error: unknown) => {
      throw cacheFault(error, cannot, 'A saved disk needs as much space as there is data on it') ?? error
    })
  }
  const call = { machine: owned.name, verb: 'saveDisk', detail: target }
  return hooks.around ? hooks.around(call, run) : run()
}
