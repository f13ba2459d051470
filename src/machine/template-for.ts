import { FledgeError, MisuseError } from '../errors.ts'
import { ensureImage } from '../image/ensure-image.ts'
import type { ImageSpec } from '../image/image.ts'
import { prepareImage } from '../image/prepare-image.ts'
import { diskBytes } from '../image/recipe/file-system.ts'
import { resolveImage } from '../image/resolve-image.ts'
import { chooseAccelerator, rejectKvm, withoutKvm } from '../qemu/accelerator.ts'
import { qemuCapabilities, type QemuCapabilities } from '../qemu/capabilities.ts'
import type { TemplateSpec } from '../template/template-key.ts'
import { ensureTemplate, type Template } from '../template/template.ts'
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
  const { packages, signal, memoryMiB, cpus } = options
  const abort = signal === undefined ? {} : { signal }
  const wanted = resolveImage(name, { include: packages })
  const diskSize = sizeOfDisk(wanted, options)
  const qemu = await qemuCapabilities()
  const accelerator = await chooseAccelerator(qemu, options.accelerator)
  const image = await prepareImage(await ensureImage(wanted, abort), undefined, abort)
  return { image, qemu, accelerator, cpus, memoryMiB, diskSize }
}

/** Every image has a disk of the same size, so that a wish for a smaller one is refused before it is built. */
function sizeOfDisk(image: ImageSpec, { diskGiB }: NormalLaunchOptions): number {
  const wanted = diskGiB === undefined ? diskBytes : diskGiB * 2 ** 30
  if (wanted >= diskBytes) return wanted
  throw new MisuseError(
    'ERR_FLEDGE_OPTION',
    `Cannot use a disk of ${diskGiB} GiB: that of the image "${image.name}" has ${diskBytes / 2 ** 30} GiB`,
    { hint: 'Ask for as much or more, by "diskGiB" or "--disk"' },
  )
}

/** Whether a machine ended as only one does whose KVM is broken: QEMU stopped it, or died under it. */
function isBrokenKvm(error: unknown): error is FledgeError {
  if (!(error instanceof FledgeError)) return false
  const cause = error.cause instanceof FledgeError ? error.cause : error
  const saysSo = /MSR|KVM/i.test(cause.message)
  return cause.code === 'ERR_FLEDGE_ACCELERATOR' || (cause.code === 'ERR_FLEDGE_MACHINE_DIED' && saysSo)
}
