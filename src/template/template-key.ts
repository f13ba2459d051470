import { createHash } from 'node:crypto'
import { cpus, release } from 'node:os'

import type { PreparedImage } from '../image/image.ts'
import type { Accelerator } from '../qemu/accelerator.ts'
import type { QemuCapabilities } from '../qemu/capabilities.ts'
import { chassisArguments, type Chassis } from '../qemu/chassis.ts'
import { templateFormat } from './manifest.ts'
import { settleRecipe } from './settle.ts'

/** What a template is made from. */
export interface TemplateSpec {
  readonly image: PreparedImage
  readonly qemu: QemuCapabilities
  readonly accelerator: Accelerator
  readonly cpus: number
  readonly memoryMiB: number
  /** Bytes of the disk; the image's own size, or more. */
  readonly diskSize: number
}

/** The devices that a template of this kind is frozen with. */
export function templateChassis({ image, qemu, accelerator, cpus, memoryMiB }: TemplateSpec): Chassis {
  const cpu = accelerator === 'kvm' ? 'host' : emulatedCpu[image.cpu]
  const { direct } = image
  return { machine: qemu.machine, accelerator, cpu, cpus, memoryMiB, ...(direct ? { direct } : {}) }
}

/** QEMU translates vector instructions slowly, so a guest is shown no more of them than it needs. */
export const emulatedCpu = { 'x86-64-v1': 'qemu64', 'x86-64-v2': 'Nehalem', 'x86-64-v3': 'max' } as const

/**
 * The name of a template's content: a digest of all that a frozen machine depends on. Frozen state of one QEMU
 * build means nothing to another, and under KVM it holds features of the host's CPU and kernel.
 */
export function templateKey(spec: TemplateSpec): string {
  const { image, qemu, accelerator, diskSize } = spec
  const backends = {
    memoryFile: '',
    disk: [],
    emptyFolder: '',
    shares: [],
    network: 'user',
    incoming: false,
  } as const
  const { direct, ...rest } = templateChassis(spec)
  const chassis = { ...rest, ...(direct ? { direct: { ...direct, kernel: '', initrd: '' } } : {}) }
  const parts = {
    format: templateFormat,
    settleRecipe,
    image: image.key,
    agent: image.agentDigest,
    qemu: [qemu.version, qemu.package],
    devices: chassisArguments(qemu, chassis, backends),
    diskSize,
    host: accelerator === 'kvm' ? [cpus()[0]?.model, release()] : [],
  }
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
