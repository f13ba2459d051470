import { FledgeError } from '../errors.ts'
import { chooseAccelerator, rejectKvm, withoutKvm } from '../qemu/accelerator.ts'
import { qemuCapabilities, type QemuCapabilities } from '../qemu/capabilities.ts'
import type { TemplateSpec } from '../template/template-key.ts'
import { ensureTemplate, type Template } from '../template/template.ts'
import { findImage } from './find-image.ts'
import type { NormalLaunchOptions } from './launch-options.ts'

/** All that a machine is cloned from. */
export interface ReadyTemplate {
  readonly template: Template
  readonly qemu: QemuCapabilities
}

/** Finds or makes the template that an image and options ask for. It takes as long as it takes; only `signal` ends it. */
export async function templateFor(image: string, options: NormalLaunchOptions): Promise<ReadyTemplate> {
  const spec = await templateSpec(image, options)
  return { qemu: spec.qemu, template: await templateOf(spec, options) }
}

/**
 * Opens or makes a template. The boot is the last proof of KVM: where firmware runs under it and a kernel does not, that is
 * remembered, and the policy says whether the machine is emulated instead.
 */
export async function templateOf(
  spec: TemplateSpec,
  { accelerator: policy, signal }: Pick<NormalLaunchOptions, 'accelerator' | 'signal'>,
): Promise<Template> {
  try {
    return await ensureTemplate(spec, { signal })
  } catch (error) {
    if (spec.accelerator !== 'kvm' || !isBrokenKvm(error)) throw error
    const reason = `a kernel could not run: ${error.message.split('\n')[0]}`
    await rejectKvm(spec.qemu, reason)
    return ensureTemplate({ ...spec, accelerator: withoutKvm(reason, policy, error) }, { signal })
  }
}

/** What the template is made from that an image and options ask for; makes the image where there is none. */
export async function templateSpec(name: string, options: NormalLaunchOptions): Promise<TemplateSpec> {
  const { signal, memoryMiB, cpus } = options
  const abort = signal === undefined ? {} : { signal }
  // What cannot be is told before the host is looked at.
  const found = await findImage(name, options)
  const qemu = await qemuCapabilities()
  const accelerator = await chooseAccelerator(qemu, options.accelerator)
  const image = await found.prepare({ qemu, accelerator, ...abort })
  return { image, qemu, accelerator, cpus, memoryMiB, diskSize: found.diskSize }
}

/** Whether a machine ended as only one does whose KVM is broken: QEMU stopped it, or died under it. */
function isBrokenKvm(error: unknown): error is FledgeError {
  if (!(error instanceof FledgeError)) return false
  const cause = error.cause instanceof FledgeError ? error.cause : error
  const saysSo = /MSR|KVM/i.test(cause.message)
  return cause.code === 'ERR_FLEDGE_ACCELERATOR' || (cause.code === 'ERR_FLEDGE_MACHINE_DIED' && saysSo)
}
