import { FledgeError } from '../errors.ts'
import { findUefi } from '../qemu/firmware.ts'
import { type Finding, ok, weak } from './finding.ts'

/** The firmware of machines with UEFI, which not everyone has. */
export async function examineFirmware(): Promise<Finding> {
  try {
    const found = await Promise.all([findUefi('uefi'), findUefi('secure-boot')])
    return ok('ovmf', found.map(({ code }) => code).join(', '))
  } catch (error) {
    if (!(error instanceof FledgeError)) throw error
    return weak('ovmf', error.message, error.hint ?? '')
  }
}
