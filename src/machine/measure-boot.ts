import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { templatesFolder } from '../template/template.ts'
import { step } from '../util/progress.ts'
import { unfinished } from '../util/unfinished.ts'
import { normalizeLaunchOptions, type LaunchOptions } from './launch-options.ts'
import { templateSpec } from './template-for.ts'
import { makeFolder } from '../util/make-folder.ts'

/** How long a boot took, in milliseconds from the start of QEMU. */
export interface BootTimes {
  /** Until the guest answered. */
  readonly agent: number
  /** Until the machine was idle: what a template waits for before it is frozen. */
  readonly idle: number
}

/**
 * Boots an image as a template is booted, and throws the machine away: what every test would wait for without clones.
 *
 * @param options those of `launch` that templates differ by
 */
export async function measureBoot(image: string, options: LaunchOptions = {}): Promise<BootTimes> {
  const normal = normalizeLaunchOptions(options)
  const [{ bootAgain }, { bootToIdle }] = await Promise.all([
    import('../template/boot-again.ts'),
    import('../template/boot.ts'),
  ])
  const spec = await templateSpec(image, normal)
  await makeFolder(templatesFolder())
  // Named as a template that is being made, so that what a killed process leaves is swept as such.
  const folder = await mkdtemp(join(templatesFolder(), `.partial-boot-${process.pid}-`))
  using _swept = unfinished(folder)
  try {
    const { machine, bootMs } = await step(`booting ${spec.image.name}`, (update) =>
      bootAgain(folder, () => bootToIdle(spec, folder, { signal: normal.signal, update })),
    )
    await machine.kill()
    return bootMs
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
