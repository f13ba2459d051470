import { copyFile, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'

import { recordFiles } from '../util/file-record.ts'
import { writeManifestFile } from '../util/manifest-file.ts'
import { timeFactor } from '../util/time-factor.ts'
import { inFolder } from '../qemu/chassis.ts'
import { bootToIdle } from './boot.ts'
import { extraDiskFile } from './extra-disks.ts'
import { freeze } from './freeze.ts'
import { templateFormat, type Manifest } from './manifest.ts'
import { bootFiles } from './power-on.ts'
import { templateChassis, type OwnBoot, type TemplateSpec } from './template-key.ts'

/** The files of a template besides its manifest and `boot.log`, the console of its boot. */
const frozenFiles = {
  memory: 'memory',
  devices: 'devices',
  sideMemory: 'side-memory',
  disk: bootFiles.disk,
} as const

/** How long a freeze may take; it needs a second, and a slow disk some more. */
const freezeMs = 60_000

/** Boots an image, waits until it is idle, and freezes it into an empty folder. */
export async function bake(
  given: TemplateSpec,
  key: string,
  folder: string,
  { signal, update }: { signal?: AbortSignal | undefined; update: (detail: string) => void },
): Promise<void> {
  const spec = { ...given, ...(given.boot ? { boot: await keepOwnBoot(given.boot, folder) } : {}) }
  const { image, diskSize, boot } = spec
  const place = (name: keyof typeof frozenFiles): string => join(folder, frozenFiles[name])
  const unbooted = join(folder, bootFiles.memory)
  const { machine, memoryNonce, mounts9p, bootMs } = await bootToIdle(spec, folder, { signal, update })
  try {
    update('freezing')
    const targets = { memory: place('memory'), devices: place('devices'), sideMemory: place('sideMemory') }
    const timeoutMs = freezeMs * timeFactor(spec.accelerator)
    const { sideMemory } = await freeze(
      machine,
      { parentMemory: unbooted, ...targets },
      { timeoutMs, signal },
    )
    await machine.kill()
    await rm(unbooted)
    const { direct, ...rest } = templateChassis(spec)
    const beside = (path: string): string => relative(folder, path)
    const chassis = {
      ...rest,
      ...(direct ? { direct: inFolder(direct, beside) } : {}),
    }
    const manifest: Omit<Manifest, 'files'> = {
      format: templateFormat,
      key,
      image: image.name,
      created: new Date().toISOString(),
      chassis,
      disk: image.disk.map((layer) => ({ ...layer, path: beside(layer.path) })),
      diskSize,
      mounts9p,
      memoryNonce,
      sideMemory,
      ...(boot ? { ownBoot: { arguments: boot.arguments, contents: boot.contents } } : {}),
      bootMs,
    }
    update('checking')
    const { kernel, initrd } = chassis.direct ?? {}
    const started = [kernel, initrd].filter((each) => each !== undefined)
    const below = [...manifest.disk.map(({ path }) => path), ...started]
    const own = [
      ...Object.values(frozenFiles),
      ...(spec.firmware ? [bootFiles.variables] : []),
      ...(spec.disks ?? []).map(extraDiskFile),
    ]
    const files = await recordFiles(folder, [...own, ...below])
    await writeManifestFile(folder, { ...manifest, files } satisfies Manifest)
  } finally {
    await machine.kill()
  }
}

/** A template stands alone: the files of its user can change or go away. */
async function keepOwnBoot(boot: OwnBoot, folder: string): Promise<OwnBoot> {
  const kept = async (name: 'kernel' | 'initrd'): Promise<Partial<OwnBoot>> => {
    const from = boot[name]
    if (from === undefined) return {}
    await copyFile(from, join(folder, name))
    return { [name]: join(folder, name) }
  }
  return { ...boot, ...(await kept('kernel')), ...(await kept('initrd')) }
}
