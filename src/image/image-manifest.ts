import { join } from 'node:path'

import * as v from 'valibot'

import { fileRecordsSchema, recordFiles, type FileRecords } from '../util/file-record.ts'
import { readManifestFile, writeManifestFile } from '../util/manifest-file.ts'
import { openRecorded } from '../util/open-recorded.ts'
import type { CpuLevel, Image, PreparedImage } from './image.ts'
import { imageSchema } from './image-key.ts'

/** The files of an image, and of a prepared one, besides the manifest. */
export const imageFiles = { disk: 'disk.raw', kernel: 'vmlinuz', initrd: 'initrd' } as const

/** What `manifest.json` of an image says. */
export interface ImageManifest {
  readonly schema: typeof imageSchema
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
  readonly files: FileRecords
}

/** What `manifest.json` of a prepared image says; its `key` is its own. */
export interface PreparedManifest extends ImageManifest {
  readonly imageKey: string
  readonly agentDigest: string
}

const hexDigest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))

const imageManifestSchema = v.object({
  schema: v.literal(imageSchema),
  name: v.string(),
  key: hexDigest,
  suite: v.string(),
  sources: v.array(v.string()),
  recipe: hexDigest,
  kernelArguments: v.string(),
  cpu: v.picklist(['x86-64-v1', 'x86-64-v2', 'x86-64-v3']),
  packages: v.array(v.string()),
  builtAt: v.string(),
  files: fileRecordsSchema,
})

const preparedManifestSchema = v.object({
  ...imageManifestSchema.entries,
  imageKey: hexDigest,
  agentDigest: hexDigest,
})

/** The image in a folder, or nothing when there is none that this version can use, or that is whole. */
export async function openImage(folder: string): Promise<Image | undefined> {
  const manifest = await openRecorded('image', folder, imageManifestSchema)
  return manifest && toImage(folder, manifest)
}

/** The prepared image in a folder, or nothing when there is none that this version can use, or that is whole. */
export async function openPreparedImage(folder: string): Promise<PreparedImage | undefined> {
  const manifest = await openRecorded('prepared image', folder, preparedManifestSchema)
  return manifest && toPrepared(folder, manifest)
}

/** The manifest of the image in a folder, or nothing. */
export function readImageManifest(folder: string): Promise<ImageManifest | undefined> {
  return readManifestFile(folder, imageManifestSchema)
}

/** The manifest of the prepared image in a folder, or nothing. */
export function readPreparedManifest(folder: string): Promise<PreparedManifest | undefined> {
  return readManifestFile(folder, preparedManifestSchema)
}

/** Writes the manifest of the image in a folder, with the records of its files. */
export async function writeImageManifest<T extends ImageManifest>(
  folder: string,
  manifest: Omit<T, 'files'>,
): Promise<void> {
  await writeManifestFile(folder, {
    ...manifest,
    files: await recordFiles(folder, Object.values(imageFiles)),
  })
}

/** The prepared image of a manifest. */
export function toPrepared(folder: string, manifest: PreparedManifest): PreparedImage {
  const { name, key, cpu, disk, kernel, initrd, kernelArguments } = toImage(folder, manifest)
  return {
    ...{ name, key, folder, cpu },
    disk: [{ path: disk, format: 'raw' }],
    diskBytes: manifest.files[imageFiles.disk]?.size ?? 0,
    direct: { kernel, initrd, arguments: kernelArguments },
    agentDigest: manifest.agentDigest,
  }
}

function toImage(folder: string, manifest: ImageManifest): Image {
  return {
    name: manifest.name,
    key: manifest.key,
    folder,
    disk: join(folder, imageFiles.disk),
    kernel: join(folder, imageFiles.kernel),
    initrd: join(folder, imageFiles.initrd),
    kernelArguments: manifest.kernelArguments,
    cpu: manifest.cpu,
    packages: manifest.packages,
  }
}
