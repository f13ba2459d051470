import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { cpus, release } from 'node:os'

import * as v from 'valibot'

import { EnvironmentError } from '../errors.ts'
import { notice } from '../util/notice.ts'
import { recall, remember, rememberedFile } from '../util/remembered.ts'
import type { QemuCapabilities } from './capabilities.ts'
import { tryKvm } from './try-kvm.ts'

/** What runs the guest's instructions: the host's CPU, or QEMU's translator. */
export type Accelerator = 'kvm' | 'tcg'

/** What the user wants: the best that works, or that one and no other. */
export type AcceleratorPolicy = 'auto' | Accelerator

/** Whether KVM was found to work on this host, and how that is known. */
export interface KvmVerdict {
  readonly works: boolean
  readonly reason: string
}

const verdictSchema = v.object({ works: v.boolean(), reason: v.string() })

/** How {@link kvmVerdict} finds its answer. */
export interface KvmQuestion {
  /** Proves it anew, whatever is remembered. */
  readonly again?: boolean
  /** Where to look on the host. */
  readonly device?: string
  readonly cpuInfo?: string
  /** How long the firmware may take. */
  readonly patienceMs?: number
}

/**
 * Finds whether KVM can run a kernel here. That `/dev/kvm` opens proves nothing: on nested hosts it
 * may create machines that stop with an internal error. What was proved is remembered for this QEMU,
 * kernel and CPU; what costs nothing to find, or only took too long, is not.
 */
export async function kvmVerdict(qemu: QemuCapabilities, question: KvmQuestion = {}): Promise<KvmVerdict> {
  const { again = false, device = '/dev/kvm', cpuInfo = '/proc/cpuinfo', patienceMs } = question
  const closed = await access(device, constants.R_OK | constants.W_OK).then(() => undefined, explainClosed)
  if (closed) return { works: false, reason: closed }
  if (await cpuLacksIt(cpuInfo)) {
    return { works: false, reason: '/dev/kvm opens, but the CPU shows neither vmx nor svm' }
  }
  const path = rememberedFile('kvm', await fingerprint(qemu, device))
  const kept = again ? undefined : await recall(path, verdictSchema)
  if (kept) return kept
  const failure = await tryKvm(qemu, patienceMs)
  const verdict = failure
    ? { works: false, reason: `/dev/kvm opens, but ${failure.reason}` }
    : { works: true, reason: 'firmware ran under KVM' }
  if (!failure?.timedOut) await remember(path, verdict).catch(() => {})
  return verdict
}

/** Corrects the verdict after a machine under KVM ended as one only does when KVM is broken. */
export async function rejectKvm(
  qemu: QemuCapabilities,
  reason: string,
  { device = '/dev/kvm' }: Pick<KvmQuestion, 'device'> = {},
): Promise<void> {
  await remember(rememberedFile('kvm', await fingerprint(qemu, device)), { works: false, reason })
}

/**
 * Picks the accelerator by policy.
 *
 * @throws EnvironmentError `ERR_FLEDGE_ACCELERATOR` when KVM was asked for by name and does not work.
 */
export async function chooseAccelerator(
  qemu: QemuCapabilities,
  policy: AcceleratorPolicy,
): Promise<Accelerator> {
  if (policy === 'tcg') return 'tcg'
  const { works, reason } = await kvmVerdict(qemu)
  return works ? 'kvm' : withoutKvm(reason, policy)
}

/**
 * What a policy picks where KVM does not work: emulation, which is said once.
 *
 * @throws EnvironmentError `ERR_FLEDGE_ACCELERATOR` when KVM was asked for by name
 */
export function withoutKvm(reason: string, policy: AcceleratorPolicy, cause?: unknown): 'tcg' {
  if (policy === 'kvm') {
    throw new EnvironmentError('ERR_FLEDGE_ACCELERATOR', `Cannot use KVM: ${reason}`, {
      cause,
      hint: 'Use the accelerator "auto" or "tcg", or a host with hardware virtualization',
    })
  }
  notice(
    `KVM does not work here (${reason}); machines are emulated and several times slower`,
    'A host with hardware virtualization is faster; FLEDGE_ACCELERATOR=tcg silences this',
  )
  return 'tcg'
}

function explainClosed(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no /dev/kvm'
  return `no permission to open /dev/kvm; "sudo usermod -aG kvm $USER" and a new login give it`
}

async function fingerprint(qemu: QemuCapabilities, device: string): Promise<string> {
  const { rdev } = await stat(device)
  const { ino, size, mtimeMs } = await stat(qemu.path)
  return JSON.stringify([qemu.path, ino, size, mtimeMs, release(), cpus()[0]?.model, rdev])
}

async function cpuLacksIt(cpuInfo: string): Promise<boolean> {
  const flags = /^flags\s*:(.*)$/m.exec(await readFile(cpuInfo, 'utf8'))?.[1]?.split(' ')
  return flags !== undefined && !flags.includes('vmx') && !flags.includes('svm')
}
