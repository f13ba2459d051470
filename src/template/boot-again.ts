import { mkdir, rm } from 'node:fs/promises'

import { FledgeError } from '../errors.ts'
import { hasCode } from '../util/has-code.ts'
import { notice } from '../util/notice.ts'

/**
 * Does work that boots in an empty folder, and once more where the guest hung or its kernel panicked. Of some fifty emulated first
 * boots of Debian 13 under QEMU 7.2 one does: the kernel meets a fault in an interrupt, before it has any driver that could tell QEMU.
 */
export async function bootAgain<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const byLuck = ['ERR_FLEDGE_TIMEOUT', 'ERR_FLEDGE_GUEST_PANIC']
    if (!(error instanceof FledgeError && byLuck.some((code) => hasCode(error.cause, code)))) throw error
    notice(`${error.message}; it is booted once more`, error.consoleTail)
    await rm(folder, { recursive: true })
    await mkdir(folder)
    return work()
  }
}
