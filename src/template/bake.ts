import { rm } from 'node:fs/promises'
import { join, relative } from 'node:path'

import { recordFiles } from '../util/file-record.ts'
import { writeManifestFile } from '../util/manifest-file.ts'
import { timeFactor } from '../util/time-factor.ts'
import { bootToIdle } from './boot.ts'
import { freeze } from './freeze.ts'
import { templateFormat, type Manifest } from './manifest.ts'
import { bootFiles } from './power-on.ts'
import { templateChassis, type TemplateSpec } from './template-key.ts'

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
  spec: TemplateSpec,
  key: string,
  folder: string,
  { signal, update }: { signal?: AbortSignal | undefined; update: (detail: string) => void },
): Promise<void> {
  const { image, diskSize } = spec
  const place = (name: keyof typeof frozenFiles): string => join(folder, frozenFiles[name])
  const unbooted = join(folder, bootFiles.memory)
  const { machine, hello, mounts9p, bootMs } = await bootToIdle(spec, folder, { signal, update })
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
      ...(direct
        ? { direct: { ...direct, kernel: beside(direct.kernel), initrd: beside(direct.initrd) } }
        : {}),
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
      memoryNonce: hello.memoryNonce,
      sideMemory,
      bootMs,
    }
    update('checking')
    const started = chassis.direct ? [chassis.direct.kernel, chassis.direct.initrd] : []
    const below = [...manifest.disk.map(({ path }) => path), ...started]
    const files = await recordFiles(folder, [...Object.values(frozenFiles), ...below])
    await writeManifestFile(folder, { ...manifest, files } satisfies Manifest)
  } finally {
    await machine.kill()
  }
}
