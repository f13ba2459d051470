import { kvmVerdict } from '../../qemu/accelerator.ts'
import type { QemuCapabilities } from '../../qemu/capabilities.ts'

/** What machines would run under, without a word: who launches one is told what it runs under. */
export async function presentAccelerator(qemu: QemuCapabilities): Promise<'kvm' | 'tcg'> {
  const policy = process.env['FLEDGE_ACCELERATOR'] || 'auto'
  if (policy === 'kvm' || policy === 'tcg') return policy
  return (await kvmVerdict(qemu)).works ? 'kvm' : 'tcg'
}
