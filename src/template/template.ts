import { join } from 'node:path'

import { folderName } from '../image/image-key.ts'
import { cacheFolder } from '../util/cache-folder.ts'
import { folderInCache } from '../util/folder-in-cache.ts'
import { notice } from '../util/notice.ts'
import { step } from '../util/progress.ts'
import { explainBakeError } from './explain-bake-error.ts'
import { openManifest, type Manifest } from './manifest.ts'
import { templateKey, type TemplateSpec } from './template-key.ts'

/** A frozen machine on disk. Nothing in its folder ever changes while it is there. */
export interface Template {
  readonly folder: string
  readonly manifest: Manifest
  /** Whether it stood in the cache already. */
  readonly reused: boolean
}

/** Where all templates are. */
export function templatesFolder(): string {
  return join(cacheFolder(), 'templates')
}

/**
 * Opens the template of a specification; bakes it first where there is none, once for however many
 * processes want it.
 */
export async function ensureTemplate(
  spec: TemplateSpec,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<Template> {
  const key = templateKey(spec)
  const folder = join(templatesFolder(), folderName(spec.image.name, key))
  let reused = true
  const manifest = await folderInCache({
    folder,
    read: async (at) => {
      const found = await openManifest(at)
      return found?.key === key ? found : undefined
    },
    fill: async (partial, bounded) => {
      reused = false
      // Loaded for the one launch that bakes.
      const [{ bake }, { bootAgain }] = await Promise.all([import('./bake.ts'), import('./boot-again.ts')])
      await step(`booting and freezing ${spec.image.name}`, (update) =>
        bootAgain(partial, () => bake(spec, key, partial, { signal: bounded, update })),
      )
    },
    onWait: () => notice(`Another process makes the template of ${spec.image.name}; waiting for it`),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    throw explainBakeError(error, spec.image.name, signal)
  })
  return { folder, manifest, reused }
}
