import { copyFile, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { runTool } from '../util/run-tool.ts'
import { bootstrap, type BuildContext } from './bootstrap.ts'
import type { ImageSpec } from './image.ts'
import { contentKey, imageSchema, lookupKey } from './image-key.ts'
import { imageFiles, writeImageManifest } from './image-manifest.ts'
import { removeInNamespaces, runInNamespaces } from './in-namespaces.ts'
import { packageSources } from './package-sources.ts'
import { diskBytes, fileSystemOptions } from './recipe/file-system.ts'
import { kernelArguments } from './recipe/kernel-arguments.ts'
import { recipeDigest, recipeFor } from './recipe/recipe.ts'

/** Builds an image in an empty folder. */
export async function buildImage(spec: ImageSpec, folder: string, context: BuildContext): Promise<void> {
  const sources = await packageSources(spec)
  const digest = recipeDigest(spec.suite)
  const machineId = lookupKey(spec, digest).slice(0, 32)
  const root = join(folder, 'rootfs')
  // Its absence is better known now than after the long part.
  await runTool('mke2fs', ['-V'])
  await bootstrap(spec, { sources, recipe: recipeFor(spec.suite, spec.include, machineId) }, root, context)
  context.update('writing the disk')
  const packages = await takeOut(root, folder)
  await writeDisk(root, join(folder, imageFiles.disk), context.signal)
  await removeInNamespaces(root)
  await writeImageManifest(folder, {
    schema: imageSchema,
    name: spec.name,
    key: contentKey(spec, digest, packages),
    suite: spec.suite,
    sources,
    recipe: digest,
    kernelArguments,
    cpu: 'x86-64-v1',
    packages,
    builtAt: new Date().toISOString(),
  })
}

/** Takes the kernel, the initrd and the list of packages out of the root file system. */
async function takeOut(root: string, folder: string): Promise<readonly string[]> {
  const boot = join(root, 'boot')
  const kernel = (await readdir(boot)).find((name) => name.startsWith('vmlinuz-'))
  if (kernel === undefined) throw new Error('no kernel was installed')
  await copyFile(join(boot, kernel), join(folder, imageFiles.kernel))
  await rename(join(boot, 'fledge-initrd'), join(folder, imageFiles.initrd))
  const list = join(root, 'fledge-packages')
  const packages = (await readFile(list, 'utf8')).trim().split('\n').toSorted()
  await rm(list)
  return packages
}

async function writeDisk(root: string, disk: string, signal?: AbortSignal): Promise<void> {
  const size = `${diskBytes / 1024}k`
  await runInNamespaces(
    'mke2fs',
    [...fileSystemOptions, '-d', root, disk, size],
    signal === undefined ? {} : { signal },
  )
}
