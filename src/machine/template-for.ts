import { FledgeError, MisuseError } from '../errors.ts'
import { chooseAccelerator, rejectKvm, withoutKvm } from '../qemu/accelerator.ts'
import { qemuCapabilities } from '../qemu/capabilities.ts'
import { findUefi } from '../qemu/firmware.ts'
import type { WayIn } from '../template/meet.ts'
import { templateKey, type TemplateSpec } from '../template/template-key.ts'
import { ensureTemplate, type Template } from '../template/template.ts'
import { blankName, findBlank } from './blank.ts'
import { findImage } from './find-image.ts'
import { findHardware } from './hardware.ts'
import { normalizeLaunchOptions, type LaunchOptions, type NormalLaunchOptions } from './launch-options.ts'

/** All that a machine is cloned from. */
export interface ReadyTemplate extends Pick<TemplateSpec, 'qemu' | 'disks' | 'cdrom'> {
  readonly template: Template
  /** How its machines are asked. */
  readonly way: WayIn
}

/** Finds or makes the template that an image and options ask for. It takes as long as it takes; only `signal` ends it. */
export async function templateFor(image: string, options: NormalLaunchOptions): Promise<ReadyTemplate> {
  const spec = await templateSpec(image, options)
  const { qemu, disks, cdrom } = spec
  const given = { ...(disks ? { disks } : {}), ...(cdrom ? { cdrom } : {}) }
  return { qemu, ...given, way: spec.image.ssh ?? 'agent', template: await templateOf(spec, options) }
}

/** Opens or makes a template. */
export async function templateOf(
  spec: TemplateSpec,
  options: Pick<NormalLaunchOptions, 'accelerator' | 'signal'>,
): Promise<Template> {
  return underWhatWorks(spec, options, (each) => ensureTemplate(each, { signal: options.signal }))
}

/**
 * Does work that boots. The boot is the last proof of KVM: where firmware runs under it and a kernel does not, that is
 * remembered, and the policy says whether the machine is emulated instead.
 */
export async function underWhatWorks<T>(
  spec: TemplateSpec,
  { accelerator: policy }: Pick<NormalLaunchOptions, 'accelerator'>,
  work: (spec: TemplateSpec) => Promise<T>,
): Promise<T> {
  try {
    return await work(spec)
  } catch (error) {
    if (spec.accelerator !== 'kvm' || !isBrokenKvm(error)) throw error
    const reason = `a kernel could not run: ${error.message.split('\n')[0]}`
    await rejectKvm(spec.qemu, reason)
    return work({ ...spec, accelerator: withoutKvm(reason, policy, error) })
  }
}

/** What the template is made from that an image and options ask for; makes the image where there is none. */
export async function templateSpec(name: string, options: NormalLaunchOptions): Promise<TemplateSpec> {
  const { signal, memoryMiB, cpus } = options
  const abort = signal === undefined ? {} : { signal }
  // What cannot be is told before the host is looked at.
  const found = name === blankName ? findBlank(options) : await findImage(name, options)
  const hardware = await findHardware(options)
  const qemu = await qemuCapabilities()
  const accelerator = await chooseAccelerator(qemu, options.accelerator)
  const kind = options.firmware ?? found.firmware
  const firmware = kind === 'bios' ? {} : { firmware: await findUefi(kind) }
  const image = await found.prepare({ qemu, accelerator, ...firmware, ...abort })
  if (hardware.boot && !hardware.boot.kernel && !image.direct) throw withoutKernel(image.name)
  const { diskSize } = found
  return { image, qemu, accelerator, cpus, memoryMiB, diskSize, ...firmware, ...hardware }
}

/** Tells all templates apart that an image and options could ask for; makes the image where there is none. */
export async function templateKeyOf(image: string, options: LaunchOptions): Promise<string> {
  const normal = normalizeLaunchOptions(options)
  return templateKey(await templateSpec(image, normal))
}

function withoutKernel(name: string): MisuseError {
  return new MisuseError(
    'ERR_FLEDGE_OPTION',
    `Cannot use the option "boot" without a kernel: that of "${name}" is started by the boot loader on its disk`,
    { hint: 'Give it a "kernel"' },
  )
}

/** Whether a machine ended as only one does whose KVM is broken: QEMU stopped it, or died under it. */
function isBrokenKvm(error: unknown): error is FledgeError {
  if (!(error instanceof FledgeError)) return false
  const cause = error.cause instanceof FledgeError ? error.cause : error
  const saysSo = /MSR|KVM/i.test(cause.message)
  return cause.code === 'ERR_FLEDGE_ACCELERATOR' || (cause.code === 'ERR_FLEDGE_MACHINE_DIED' && saysSo)
}
