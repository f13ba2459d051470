import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'

import { hasCode } from '../util/has-code.ts'
import type { CpuLevel, Image, PreparedImage } from './image.ts'

/** What `manifest.json` of an image says: all that is known of it but its files. */
export interface ImageManifest {
  readonly schema: 1
  readonly name: string
  /** What the image is: recipe, suite and the versions of all packages. */
  readonly key: string
  readonly suite: string
  /** Where the packages came from, as lines of sources.list(5). */
  readonly sources: readonly string[]
  /** The digest of the recipe. */
  readonly recipe: string
  readonly kernelArguments: string
  readonly cpu: CpuLevel
  readonly packages: readonly string[]
  /** As ISO 8601. */
  readonly builtAt: string
}

/** What `manifest.json` of a prepared image says; its `key` is its own. */
export interface PreparedManifest extends ImageManifest {
  readonly imageKey: string
  readonly agentDigest: string
}

const hexDigest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))

const imageSchema = v.object({
  schema: v.literal(1),
  name: v.string(),
  key: hexDigest,
  suite: v.string(),
  sources: v.array(v.string()),
  recipe: hexDigest,
  kernelArguments: v.string(),
  cpu: v.picklist(['x86-64-v1', 'x86-64-v2', 'x86-64-v3']),
  packages: v.array(v.string()),
  builtAt: v.string(),
})

const preparedSchema = v.object({ ...imageSchema.entries, imageKey: hexDigest, agentDigest: hexDigest })

/** The image in a folder, or nothing when there is none that this version can use. */
export async function readImage(folder: string): Promise<Image | undefined> {
  const manifest = await readManifest(folder, imageSchema)
  return manifest && toImage(folder, manifest)
}

/** The manifest of the image in a folder, or nothing. */
export function readImageManifest(folder: string): Promise<ImageManifest | undefined> {
  return readManifest(folder, imageSchema)
}

/** The prepared image in a folder, or nothing when there is none that this version can use. */
export async function readPreparedImage(folder: string): Promise<PreparedImage | undefined> {
  const manifest = await readManifest(folder, preparedSchema)
  return manifest && { ...toImage(folder, manifest), agentDigest: manifest.agentDigest }
}

/** Writes the manifest of the image, or prepared image, in a folder. */
export async function writeManifest(
  folder: string,
  manifest: ImageManifest | PreparedManifest,
): Promise<void> {
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
}

async function readManifest<Manifest>(
  folder: string,
  schema: v.GenericSchema<unknown, Manifest>,
): Promise<Manifest | undefined> {
  let text: string
  try {
    text = await readFile(join(folder, 'manifest.json'), 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined
    throw error
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text)
  return parsed.success ? parsed.output : undefined
}

function toImage(folder: string, manifest: ImageManifest): Image {
  return {
    name: manifest.name,
    key: manifest.key,
    folder,
    disk: join(folder, 'disk.raw'),
    kernel: join(folder, 'vmlinuz'),
    initrd: join(folder, 'initrd'),
    kernelArguments: manifest.kernelArguments,
    cpu: manifest.cpu,
    packages: manifest.packages,
  }
}
