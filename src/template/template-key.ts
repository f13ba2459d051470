import { createHash } from 'node:crypto'
import { cpus, release } from 'node:os'

import type { CpuLevel, PreparedImage } from '../image/image.ts'
import type { Accelerator } from '../qemu/accelerator.ts'
import type { QemuCapabilities } from '../qemu/capabilities.ts'
import { chassisArguments, type Chassis, type DirectBoot } from '../qemu/chassis.ts'
import type { ExtraDisk } from '../qemu/disk-arguments.ts'
import type { UefiFirmware, UefiProgram } from '../qemu/firmware.ts'
import type { GivenDisk } from './extra-disks.ts'
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
  /** Without it, the machine has a BIOS. */
  readonly firmware?: UefiFirmware
  /** Besides the root disk. */
  readonly disks?: readonly GivenDisk[]
  readonly cdrom?: GivenCdrom
  readonly boot?: OwnBoot
  /** Only for machines that boot: its state cannot be frozen. */
  readonly tpm?: true
}

/** A CD in the drive. */
export interface GivenCdrom {
  readonly path: string
  /** A hex digest of it. */
  readonly content: string
}

/** What a machine starts by, instead of what its image would start. */
export interface OwnBoot {
  readonly kernel?: string
  readonly initrd?: string
  /** Put behind the arguments of the image. */
  readonly arguments: string
  /** Hex digests of the files. */
  readonly contents: readonly string[]
}

/** What the devices and the key of a template depend on. */
type KeySpec = Omit<TemplateSpec, 'firmware' | 'disks' | 'cdrom'> & {
  readonly firmware?: UefiProgram
  readonly disks?: readonly ExtraDisk[]
  readonly cdrom?: Pick<GivenCdrom, 'content'>
}

/** The devices that a template of this kind is frozen with. */
export function templateChassis({ image, ...spec }: KeySpec): Chassis {
  const direct = directBoot(image.direct, spec.boot)
  const disks = spec.disks?.map(({ name, size, content }) => ({
    ...{ name, size },
    ...(content === undefined ? {} : { content }),
  }))
  return {
    ...chassisFor({ ...spec, cpu: image.cpu }),
    ...(direct ? { direct } : {}),
    ...(disks ? { disks } : {}),
    ...(spec.cdrom ? { cdrom: spec.cdrom.content } : {}),
    ...(spec.tpm ? { tpm: spec.tpm } : {}),
  }
}

/** An own kernel takes no initrd of the image's. */
function directBoot(image: DirectBoot | undefined, own: OwnBoot | undefined): DirectBoot | undefined {
  if (!own) return image
  const kernel = own.kernel ?? image?.kernel
  const initrd = own.initrd ?? (own.kernel === undefined ? image?.initrd : undefined)
  if (kernel === undefined) return undefined
  const line = [image?.arguments, own.arguments].filter((each) => each).join(' ')
  return { kernel, ...(initrd === undefined ? {} : { initrd }), arguments: line }
}

/** The devices of a machine that is started by the boot loader on its disk. */
export function chassisFor({
  qemu,
  accelerator,
  cpu: level,
  cpus,
  memoryMiB,
  firmware,
}: Pick<KeySpec, 'qemu' | 'accelerator' | 'cpus' | 'memoryMiB' | 'firmware'> & {
  readonly cpu: CpuLevel
}): Chassis {
  const cpu = accelerator === 'kvm' ? 'host' : emulatedCpu[level]
  const common = { accelerator, cpu, cpus, memoryMiB }
  if (!firmware) return { machine: qemu.machine, ...common }
  const { kind, code, format, digest } = firmware
  return { machine: qemu.q35, ...common, firmware: { kind, code, format, digest } }
}

/** QEMU translates vector instructions slowly, so a guest is shown no more of them than it needs. */
const emulatedCpu = { 'x86-64-v1': 'qemu64', 'x86-64-v2': 'Nehalem', 'x86-64-v3': 'max' } as const

/**
 * The name of a template's content: a digest of all that a frozen machine depends on. Frozen state of one QEMU
 * build means nothing to another, and under KVM it holds features of the host's CPU and kernel.
 */
export function templateKey(spec: KeySpec): string {
  const { image, qemu, accelerator, diskSize, firmware, disks, cdrom, boot } = spec
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
  const contents = [
    ...(disks ?? []).map(({ size, content }) => [size, content]),
    cdrom?.content,
    boot?.contents,
  ]
  const parts = {
    format: templateFormat,
    settleRecipe,
    image: image.key,
    agent: image.agentDigest,
    qemu: [qemu.version, qemu.package],
    devices: chassisArguments(qemu, chassis, backends),
    diskSize,
    ...(firmware ? { firmware: firmware.digest } : {}),
    ...(disks || cdrom || boot ? { contents } : {}),
    host: accelerator === 'kvm' ? [cpus()[0]?.model, release()] : [],
  }
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
